for (const url of process.argv.slice(2)) console.log((await fetch(url, { headers: { accept: 'application/json' } })).status)
