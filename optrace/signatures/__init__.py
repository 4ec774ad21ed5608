"""HTTP Message Signatures (RFC 9421) and Digest Fields (RFC 9530), judged with the working shown.

A signature is over a signature base: a line for each covered component, then the parameters. The verifier rebuilds
that text from the message as it came, so whatever changes a covered part on the way, or is written in another form by
the signer, breaks it without saying where. Hence everything here keeps what it rebuilt and what it compared.

reading.py takes the fields apart (components.py and base.py build the text, keys.py finds the key, algorithms.py does
the mathematics, digest.py looks at the body), verify.py puts them together, and the profiles judge: `rfc` by the book,
`open-payments` by what that specification demands, `rafiki` as the verifier behind nearly all live wallets does it.
"""
