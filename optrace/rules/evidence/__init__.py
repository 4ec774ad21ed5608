"""What several rules ask of the same exchanges: the server's own words, tokens, grants, wallet addresses, money.

Nothing here decides on a finding. Each answer is about one `Case`, and looks only at what came before it unless it says
otherwise: an exchange that was diagnosed early must come to the same when all is known.
"""
