"""Typical Open Payments traffic in the form that `codec` packs, as preset dictionaries for zlib.

A dictionary is part of the file format: a published one is never changed, only followed by another with the next
number. What is most common stands last, where zlib reaches it with the shortest distance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_FIRST = (
    # the rarer: browsers, errors, introspection, other clients
    '"HTTP/2.0","Content-Type","text/html; charset=utf-8","text/plain; charset=utf-8","application/octet-stream",'
    '"application/x-www-form-urlencoded","multipart/form-data; boundary=","PUT","PATCH","OPTIONS","HEAD",'
    '"Access-Control-Request-Method","POST","Access-Control-Request-Headers","Access-Control-Allow-Methods",'
    '"GET,HEAD,PUT,POST,DELETE,PATCH","Access-Control-Allow-Headers","Access-Control-Allow-Credentials","true",'
    '"Origin","http://localhost:3000","Referer","Upgrade-Insecure-Requests","1","Sec-Fetch-Site","same-origin",'
    '"cross-site","Sec-Fetch-Mode","navigate","Sec-Fetch-User","?1","Sec-Fetch-Dest","document","empty",'
    '"sec-ch-ua","sec-ch-ua-mobile","?0","sec-ch-ua-platform","\\"Linux\\"","\\"macOS\\"","\\"Windows\\"",'
    '"User-Agent","Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 '
    'Safari/537.36","python-httpx/0.28","Go-http-client/1.1","GuzzleHttp/7","Accept","text/html,'
    "application/xhtml+xml,"
    'application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8","*/*","Accept-Encoding","gzip,'
    ' deflate, br, zstd",'
    '"Accept-Language","en-US,en;q=0.9","Cookie","sessionId=","sessionId.sig=","Set-Cookie","; path=/; expires=",'
    '"; samesite=lax; httponly","Location","http://localhost:3030/consent/?interactId=","&nonce=","&clientName=",'
    '"&clientUri=https%3A%2F%2F","?hash=","&interact_ref=","?result=grant_rejected","Cache-Control","no-store",'
    '"max-age=0","public, max-age=","ETag","W/\\"","Last-Modified","If-None-Match","Server","nginx",'
    '"Transfer-Encoding",'
    '"chunked","Content-Encoding","gzip","br","Strict-Transport-Security","max-age=31536000; includeSubDomains",'
    '"WWW-Authenticate","GNAP as_uri=https://auth.","x-idp-secret","Rafiki-Signature","t=1767323045000, v1=",'
    '"Forbidden","Not Found","Bad Request","Unauthorized","Too Many Requests","Internal Server Error","Found",'
    '"Accepted","No Content","Moved Temporarily","Conflict","/graphql","/healthz","/introspect","/.well-known/pay",'
    '{"error":{"code":"invalid_client","description":"could not determine client"}}'
    '{"error":{"code":"invalid_client","description":"invalid signature headers"}}'
    '{"error":{"code":"invalid_client","description":"invalid signature"}}'
    '{"error":{"code":"invalid_request","description":"Not Found"}}'
    '{"error":{"code":"invalid_request","description":"Received error validating OpenAPI request: body.'
    '{"error":{"code":"invalid_continuation","description":"grant not found"}}'
    '{"error":{"code":"request_denied","description":"grant interaction not approved"}}'
    '{"error":{"code":"too_fast","description":"continued grant faster than \\"wait\\" period"}}'
    '{"error":{"description":"Inactive Token","code":"403"}}{"error":{"description":"Insufficient Grant",'
    '"code":"403"}}'
    '{"error":{"description":"invalid quote","code":"400","details":{"'
    '{"access_token":"","access":[{"type":"incoming-payment","actions":["read"],"identifier":"https://'
    '{"active":true,"grant":"","client":{"walletAddress":"https://"},"access":[{"active":false}'
    '{"id":"","type":"incoming_payment.created","data":{"id":"","walletAddressId":"","createdAt":"'
    '"connection reset by peer","Client disconnected.","Connection refused","server closed connection"'
    # Rafiki's local environment, and the test network: where most sessions are recorded
    '"127.0.0.1:3003","host.docker.internal:3006/interact/http://localhost:3009/grant/http://localhost:3030/'
    "https://ilp.interledger-test.dev/https://auth.interledger-test.dev/https://wallet.interledger-test.dev/grant-interactions"
    "http://happy-life-bank-backend/accounts/planexhttp://cloud-nine-wallet-backend/accounts/bhamchest"
    "http://cloud-nine-wallet-auth:3006/438fa74a-fa7d-4317-9ced-dde32ece1787/token/continue/"
    "https://cloud-nine-wallet-backend/438fa74a-fa7d-4317-9ced-dde32ece1787/outgoing-payments/quotes/"
    "http://happy-life-bank-auth:3006/cf5fd7d3-1eb1-4041-8e43-ba45747e9e5d/continue/token/"
    "https://happy-life-bank-backend/cf5fd7d3-1eb1-4041-8e43-ba45747e9e5d/incoming-payments/"
    "https://cloud-nine-wallet-backend/accounts/gfranklinhttps://happy-life-bank-backend/accounts/pfry"
    # keys and wallet addresses
    '{"keys":[{"alg":"EdDSA","kid":"","kty":"OKP","crv":"Ed25519","x":"","use":"sig"}]}'
    '{"kid":"keyid-","x":"","alg":"EdDSA","kty":"OKP","crv":"Ed25519"}/.well-known/jwks.json","/jwks.json"'
    '{"id":"https://wallet.example/alice","publicName":"Alice","assetCode":"USD","assetScale":2,'
    '"authServer":"https://auth.wallet.example/","resourceServer":"https://wallet.example/"}'
    # resources
    '{"walletAddress":"https://wallet.example/alice","incomingAmount":{"value":"1000","assetCode":"EUR",'
    '"assetScale":2},'
    '"expiresAt":"2026-01-02T03:04:05.678Z","metadata":{"description":"","externalRef":"","customerEmail":"'
    '{"id":"https://wallet.example/incoming-payments/","walletAddress":"https://","receivedAmount":{"value":"0",'
    '"assetCode":"USD","assetScale":2},"completed":false,"createdAt":"2026-01-02T03:04:05.678Z",'
    '"updatedAt":"","methods":'
    '[{"type":"ilp","ilpAddress":"test.wallet.","sharedSecret":""}],"authServer":"https://auth.wallet.example/"}'
    '/complete","{"receiver":"https://wallet.example/incoming-payments/","method":"ilp","debitAmount":{"value":"'
    '{"id":"https://wallet.example/quotes/","walletAddress":"https://","receiver":"https://",'
    '"debitAmount":{"value":"500",'
    '"assetCode":"USD","assetScale":2},"receiveAmount":{"value":"500","assetCode":"USD","assetScale":2},'
    '"createdAt":"2026-01-02T03:04:05.678Z","expiresAt":"2026-01-02T03:09:05.678Z","method":"ilp"}'
    '{"walletAddress":"https://wallet.example/alice","quoteId":"https://wallet.example/quotes/",'
    '"metadata":{"description":"'
    '{"id":"https://wallet.example/outgoing-payments/","walletAddress":"https://","quoteId":"https://",'
    '"receiver":"https://'
    '","receiveAmount":{"value":"","debitAmount":{"value":"","sentAmount":{"value":"0","assetCode":"USD",'
    '"assetScale":2},'
    '"metadata":{},"grantSpentDebitAmount":{"value":"0"},"grantSpentReceiveAmount":{"value":"0"},"failed":false,'
    '{"result":[{"id":"https://"}],"pagination":{"startCursor":"","endCursor":"","hasNextPage":false,'
    '"hasPreviousPage":'
    "false}}/incoming-payments?wallet-address=https%3A%2F%2Fwallet.example%2Falice&first=10&cursor=&last="
    # grants
    '{"access_token":{"access":[{"type":"incoming-payment","actions":["create","read","read-all","list","list-all",'
    '"complete"],"identifier":"https://wallet.example/alice"}]},"client":"https://wallet.example/alice"}'
    '{"access_token":{"access":[{"type":"quote","actions":["create","read","read-all"]}]},'
    '"client":{"walletAddress":"https://'
    '{"access_token":{"access":[{"type":"outgoing-payment","actions":["create","read","list"],'
    '"identifier":"https://",'
    '"limits":{"debitAmount":{"value":"500","assetCode":"USD","assetScale":2},"receiveAmount":{"value":"","receiver":'
    '"https://","interval":"R/2026-01-02T03:04:05Z/P1M"}}]},"client":"https://","interact":{"start":["redirect"],'
    '"finish":{"method":"redirect","uri":"http://localhost:3344/finish","nonce":""}}}{"interact_ref":""}'
    ""
    '{"interact":{"redirect":"https://auth.wallet.example/interact/?clientName=&clientUri=https%3A%2F%2F","finish":""},'
    '"continue":{"access_token":{"value":""},"uri":"https://auth.wallet.example/continue/","wait":5}}'
    '{"access_token":{"access":[{"actions":["create","read"],"identifier":null,"type":"","limits":null}],"value":"",'
    '"manage":"https://auth.wallet.example/token/","expires_in":600},"continue":{"access_token":{"value":"'
    # a response
    '["127.0.0.1:40000","127.0.0.1:443","","","TLSv1.3","wallet.example","CN=wallet.example","reverse:",'
    '"regular",null],'
    '["The body of the response was not captured: it was streamed."],["HTTP/1.1",["Vary","Origin",'
    '"Access-Control-Allow-Origin","*","Content-Type","application/json; charset=utf-8","Content-Length","","Date",'
    '"Mon, 02 Jan 2026 03:04:05 GMT","Tue, Wed, Thu, Fri, Sat, Sun, Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",'
    '"Connection","keep-alive","Keep-Alive","timeout=5"],1,null],"No Content","Created","OK"]\n'
    "[2,1,17,null,null,401,null][2,1,17,null,null,204,null][2,1,17,null,null,201,null][2,1,17,null,null,200,null]"
    # a request
    '[["HTTP/1.1",["host","auth.wallet.example","connection","keep-alive","Accept","application/json","Content-Type",'
    '"application/json","Signature","sig1=:","Signature-Input","sig1=(\\"content-type\\" \\"content-digest\\" '
    '\\"content-length\\" \\"authorization\\" \\"@method\\" \\"@target-uri\\");alg=\\"ed25519\\";keyid=\\"",'
    '"content-digest","sha-256=:","sha-512=:","Host","User-Agent","Authorization","Accept-Encoding","gzip",'
    '"Content-Digest","\u0100","content-type","application/json","accept","Signature","sig1=:","Signature-Input",'
    '"sig1=(\\"@method\\" \\"@target-uri\\" \\"authorization\\" \\"content-digest\\" \\"content-length\\" '
    '\\"content-type\\");keyid=\\"keyid-\\";created=17","authorization","GNAP ","content-length","",'
    '"accept-language","*","sec-fetch-mode","cors","user-agent","node","accept-encoding","br, gzip, deflate",'
    '"gzip, deflate"],1,null],"auth.wallet.example:443",400,["127.0.0.1:40000","127.0.0.1:80","","",null,null,null,'
    '"regular",null],[]]\n[1,1,17,"DELETE","http://","POST","https://","GET","http"'
)

DICTIONARIES: Final[Mapping[int, bytes]] = {1: _FIRST.encode("utf-8")}
