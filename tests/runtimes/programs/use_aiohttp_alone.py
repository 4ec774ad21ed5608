import asyncio
import sys

import aiohttp


async def main() -> None:
    async with aiohttp.ClientSession() as session:
        for url in sys.argv[1:]:
            async with session.get(url, headers={"Accept": "application/json"}) as answer:
                print(answer.status)


asyncio.run(main())
