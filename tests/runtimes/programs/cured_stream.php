<?php
foreach (array_slice($argv, 1) as $url) {
    stream_context_set_default(['http' => ['proxy' => strtr(getenv('HTTP_PROXY'), ['http:' => 'tcp:']), 'request_fulluri' => str_starts_with($url, 'http:')]]);
    if (file_get_contents($url) === false) exit(1);
    echo explode(' ', $http_response_header[0])[1], "\n";
}
