<?php
foreach (array_slice($argv, 1) as $url) {
    if (file_get_contents($url) === false) exit(1);
    echo explode(' ', $http_response_header[0])[1], "\n";
}
