<?php
foreach (array_slice($argv, 1) as $url) {
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_HTTPHEADER => ['Accept: application/json']]);
    if (curl_exec($curl) === false) exit(curl_error($curl) . "\n");
    echo curl_getinfo($curl, CURLINFO_RESPONSE_CODE), "\n";
}
