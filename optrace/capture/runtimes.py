"""What each runtime must be told: the one table of `optrace run`, `optrace ca`, and of what is said when nothing came.

Each runtime reads other variables, and some add certificates where others replace theirs. So there are several files
(`capture.trust`): the proxy's CA alone, for those that add; a bundle of the system's CAs and the proxy's, for those
that replace; the same as a Java trust store, and as settings of PHP. Pure.

Templates (variables, lines, notes) are filled with {proxy} (its URL), {host} and {port}; {ca}, {bundle}, {truststore},
{php} (a directory of ini files) and {preload} (for Node).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

# for whoever reads variables; emptied are those by which clients on loopback would go around the proxy
PROXY_VARIABLES: Mapping[str, str] = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), "{proxy}"),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
}
# what comes behind a value that is there already, and what stands between them
JOINED: Mapping[str, str] = {"NODE_OPTIONS": " ", "JAVA_TOOL_OPTIONS": " ", "PHP_INI_SCAN_DIR": os.pathsep}
_TYPED = ("HTTP_PROXY={proxy}", "HTTPS_PROXY={proxy}", "NO_PROXY=")  # what a person needs to type of the above


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Runtime:
    """One runtime: what variables can do for it, and what they can't. Each is only equal to itself."""

    name: str
    commands: tuple[str, ...]  # what starts it, itself and its tools; versions behind the name are left out
    variables: Mapping[str, str] = field(default_factory=dict)  # beside those of the proxy
    proxied: bool = True  # whether it reads the proxy's variables
    lines: tuple[str, ...] = ()  # to be typed where there are no variables for it
    note: str = ""  # what no variable can do
    silent: str = ""  # why nothing comes through all the same
    cure: tuple[str, ...] = ()  # the line that helps then

    def typed(self, values: Mapping[str, str]) -> list[str]:
        """The lines that a user types to set it up by hand, and what else there is to know; filled in."""
        told = [f"{name}={_quoted(name, value)}" for name, value in self.variables.items()]
        lines = [*(_TYPED if self.proxied else ()), *told, *self.lines, *([f"# {self.note}"] if self.note else [])]
        return [line.format(**values) for line in lines]


def _quoted(name: str, value: str) -> str:
    """A value as a shell takes it, behind what is there already."""
    if name == "PHP_INI_SCAN_DIR":
        value = f"{JOINED[name]}{value}"
    return f"'{value}'" if " " in value else value


RUNTIMES: tuple[Runtime, ...] = (
    Runtime(
        name="Node",
        commands=("node", "nodejs", "npm", "npx", "pnpm", "pnpx", "yarn", "corepack", "tsx", "ts-node", "jest",
                  "vitest", "mocha", "next", "vite", "nest", "playwright"),
        variables={
            "NODE_USE_ENV_PROXY": "1",
            "NODE_EXTRA_CA_CERTS": "{ca}",
            "NODE_OPTIONS": '--require "{preload}"',
        },
        note="From 22.21 and 24.5 on, Node needs no NODE_OPTIONS; before, that is what sends fetch to the proxy.",
        silent="A dispatcher or an agent that the code makes itself (undici's setGlobalDispatcher, an https.Agent with "
        "a connection of its own) goes its own way. With undici, this goes through:",
        cure=("setGlobalDispatcher(new EnvHttpProxyAgent())    // import both from 'undici'",),
    ),
    Runtime(
        name="Deno, Bun",
        commands=("deno", "bun", "bunx"),
        variables={"DENO_CERT": "{ca}", "NODE_EXTRA_CA_CERTS": "{ca}"},
    ),
    Runtime(
        name="Python",
        commands=("python", "pypy", "pytest", "py.test", "uv", "uvx", "poetry", "pipenv", "hatch", "tox", "nox", "pdm",
                  "ipython", "uvicorn", "gunicorn", "flask", "django-admin"),
        variables={"SSL_CERT_FILE": "{bundle}", "REQUESTS_CA_BUNDLE": "{bundle}"},
        note="aiohttp needs ClientSession(trust_env=True).",
        silent="aiohttp reads no variables unless it is told to, and neither does a client with trust_env=False or a "
        "transport of its own (httpx). With aiohttp, this goes through:",
        cure=("aiohttp.ClientSession(trust_env=True)",),
    ),
    Runtime(
        name="Go",
        commands=("go",),
        variables={"SSL_CERT_FILE": "{bundle}"},
        note="Go never uses a proxy for localhost and 127.0.0.1, unless the code says so (Transport.Proxy). On macOS "
        "and Windows add {ca} to the system's certificates.",
        silent="Go never uses a proxy for localhost and 127.0.0.1, nor with a Transport without Proxy. In the code, "
        "this goes through:",
        cure=(
            "http.DefaultTransport.(*http.Transport).Proxy = func(*http.Request) (*url.URL, error) "
            '{ return url.Parse(os.Getenv("HTTP_PROXY")) }',
        ),
    ),
    Runtime(
        name="PHP",
        commands=("php", "composer", "phpunit", "pest", "artisan", "symfony", "drush", "wp"),
        variables={"SSL_CERT_FILE": "{bundle}", "PHP_INI_SCAN_DIR": "{php}"},
        note="This is for PHP with curl, on which Guzzle builds. A web server's PHP takes curl.cainfo and "
        "openssl.cafile from php.ini.",
        silent="PHP's own streams (file_get_contents, Guzzle without curl) read no variables. Install php-curl, or:",
        cure=(
            "stream_context_set_default(['http' => ['proxy' => strtr(getenv('HTTP_PROXY'), ['http:' => 'tcp:']), "
            "'request_fulluri' => str_starts_with($url, 'http:')]]);",
        ),
    ),
    Runtime(
        name="Java",
        commands=("java", "javac", "jshell", "mvn", "mvnw", "mvnd", "gradle", "gradlew", "kotlin", "scala", "sbt"),
        variables={
            "JAVA_TOOL_OPTIONS": "-Dhttp.proxyHost={host} -Dhttp.proxyPort={port} -Dhttps.proxyHost={host} "
            '-Dhttps.proxyPort={port} -Dhttp.nonProxyHosts= -Djavax.net.ssl.trustStore="{truststore}" '
            "-Djavax.net.ssl.trustStorePassword=changeit"
        },
        proxied=False,
        note="Apache's HttpClient also needs useSystemProperties(), OkHttp nothing.",
        silent="A client that is built without the system's properties goes its own way. This goes through:",
        cure=(
            "HttpClient.newBuilder().proxy(ProxySelector.getDefault())    // java.net.http",
            "HttpClientBuilder.create().useSystemProperties()             // Apache",
        ),
    ),
    Runtime(
        name=".NET",
        commands=("dotnet",),
        variables={"SSL_CERT_FILE": "{bundle}"},
        note="On macOS and Windows add {ca} to the system's certificates.",
        silent="An HttpClientHandler with UseProxy = false, or with a Proxy of its own, reads no variables. This goes "
        "through:",
        cure=("HttpClient.DefaultProxy = new WebProxy(Environment.GetEnvironmentVariable(\"HTTP_PROXY\"), false);",),
    ),
    Runtime(
        name="Rust",
        commands=("cargo", "rustc"),
        variables={"SSL_CERT_FILE": "{bundle}"},
        note="reqwest with webpki-roots has its CAs built in: use native roots, or add_root_certificate.",
        silent="ureq 2 and hyper read no variables; reqwest does, unless the code says no_proxy(). With ureq 2:",
        cure=('ureq::AgentBuilder::new().proxy(ureq::Proxy::new(std::env::var("HTTP_PROXY")?)?)',),
    ),
    Runtime(
        name="Ruby",
        commands=("ruby", "bundle", "bundler", "rake", "rspec", "rails"),
        variables={"SSL_CERT_FILE": "{bundle}"},
        note="Net::HTTP never uses a proxy of the variables for this machine.",
        silent="Net::HTTP never uses a proxy of the variables for localhost and 127.0.0.1. This goes through:",
        cure=(
            "proxy = URI(ENV['HTTP_PROXY']); Net::HTTP.start(uri.host, uri.port, proxy.host, proxy.port, "
            "use_ssl: uri.scheme == 'https')",
        ),
    ),
    Runtime(
        name="curl",
        commands=("curl", "wget", "git", "http", "https", "xh"),
        variables={"http_proxy": "{proxy}", "CURL_CA_BUNDLE": "{bundle}", "GIT_SSL_CAINFO": "{bundle}"},
        silent="curl goes around the proxy with --noproxy, or with a proxy of its own in ~/.curlrc. This goes through:",
        cure=("curl --noproxy '' --proxy \"$HTTP_PROXY\" ...",),
    ),
    Runtime(
        name="a container",
        commands=("docker", "docker-compose", "podman", "podman-compose", "nerdctl"),
        proxied=False,
        lines=(
            "docker run --network host -e HTTP_PROXY={proxy} -e HTTPS_PROXY={proxy} -e NO_PROXY= "
            "-e NODE_USE_ENV_PROXY=1 -v {bundle}:/ca.pem:ro -e SSL_CERT_FILE=/ca.pem -e NODE_EXTRA_CA_CERTS=/ca.pem "
            "...",
        ),
        silent="A container sees neither the variables of the shell that starts it nor this machine's loopback. This "
        "goes through:",
        cure=(
            "docker run --network host -e HTTP_PROXY -e HTTPS_PROXY -e NO_PROXY -e NODE_USE_ENV_PROXY "
            '-v "$SSL_CERT_FILE":/ca.pem:ro -e SSL_CERT_FILE=/ca.pem -e NODE_EXTRA_CA_CERTS=/ca.pem ...',
        ),
    ),
    Runtime(
        name="a browser",
        commands=("chromium", "chrome", "google-chrome", "firefox"),
        proxied=False,
        lines=("proxy {host}:{port} for http and https, and {ca} as a certificate authority",),
        note="Chromium: --proxy-server={host}:{port} --proxy-bypass-list=<-loopback>. "
        "Firefox: network.proxy.allow_hijacking_localhost.",
        silent="A browser has settings of its own, and leaves this machine out. Chromium goes through with:",
        cure=("chromium --proxy-server=\"$HTTP_PROXY\" '--proxy-bypass-list=<-loopback>'",),
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Runtime] = {runtime.name: runtime for runtime in RUNTIMES}
BY_COMMAND: Mapping[str, Runtime] = {command: runtime for runtime in RUNTIMES for command in runtime.commands}
