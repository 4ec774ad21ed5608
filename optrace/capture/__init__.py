"""The capture edge: mitmproxy's flows become exchanges, and a sink records them while the traffic goes on.

Two promises shape this package. A request is with the sink before it is forwarded. And whatever goes wrong in optrace,
the traffic is neither changed nor delayed nor failed: the addon reads flows and writes none, every call of the sink is
guarded, and what can't be recorded is said aloud instead.

    addon.py        hooks -> Exchange -> sink; the only part that a user's own mitmproxy needs
    proxy.py        mitmproxy embedded, with the few of its addons that a tracing proxy needs
    process.py      the proxy as a process of its own: both ends of its small protocol
    environment.py  what a client's runtime must be told to use the proxy and trust its CA
"""
