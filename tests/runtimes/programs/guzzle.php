<?php
require 'GuzzleHttp/autoload.php';
$client = new GuzzleHttp\Client();
foreach (array_slice($argv, 1) as $url) {
    echo $client->get($url, ['headers' => ['Accept' => 'application/json']])->getStatusCode(), "\n";
}
