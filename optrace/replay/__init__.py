"""A recording as a script: what can be driven again, answered from, or held against another.

Nonces, tokens, ids, URLs and signatures of a recording are dead. What they meant isn't: `kinds` says where each
operation carries which kind of value, `script` finds the values of a recording there and links each use to its birth,
`bind` puts live values in their place, `match` finds the recorded step closest to a live request, and `align` holds two
recordings against each other. All of it is pure; who sends and answers is `net.player` and the sandbox.
"""
