import sys

import requests

for url in sys.argv[1:]:
    print(requests.get(url, headers={"Accept": "application/json"}).status_code)
