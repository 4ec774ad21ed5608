require 'net/http'
ARGV.each { |url| puts Net::HTTP.get_response(URI(url), { 'Accept' => 'application/json' }).code }
