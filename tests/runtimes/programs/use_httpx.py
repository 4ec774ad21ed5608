import sys

import httpx

for url in sys.argv[1:]:
    print(httpx.get(url, headers={"Accept": "application/json"}).status_code)
