require 'net/http'
ARGV.each do |url|
  uri = URI(url)
  proxy = URI(ENV['HTTP_PROXY']); Net::HTTP.start(uri.host, uri.port, proxy.host, proxy.port, use_ssl: uri.scheme == 'https') do |http|
    puts http.get(uri.path, { 'Accept' => 'application/json' }).code
  end
end
