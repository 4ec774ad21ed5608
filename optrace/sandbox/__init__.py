"""Two account servicing entities on loopback, for demos, tests and people without a wallet.

Cloud Nine keeps the sender's account, Happy Life the recipient's; a third small host serves the client's wallet
address and its keys. Each has what a real one has: wallet addresses, an authorization server, a resource server,
introspection, the API of the identity provider and the identity provider's page. They speak to each other and to the
client over HTTP only, so that every hop can be watched.

On the wire they behave like Rafiki, the reference implementation: the same URLs, statuses, error bodies and order of
checks. What is simpler: state lives in memory, and the money itself moves inside the process, a moment after an
outgoing payment was created, instead of in ILP packets.

    config.py         names, assets, fees, durations, ports            state.py        what an ASE remembers
    money.py          amounts, rates and fees, in integers             errors.py       how it refuses
    schema.py         the request schemas and what is said when one isn't met
    grants.py         grant requests, continuation, cancellation       tokens.py       issue, rotation, introspection
    interaction.py    start, choice and finish; the hash               idp.py          the consent page
    incoming.py quotes.py outgoing.py settlement.py pagination.py      the resource server's rules
    proof.py          signatures and keys                              remote.py       an ASE as a client of others
    web.py            requests and responses                           *_server.py     the handlers
    app.py serve.py   all of it behind sockets
"""
