// Records what upstream says about origins, redirect targets and base URLs.
//
//	node verdicts.mjs /path/to/node_modules > verdicts.json
//
// The first argument is a node_modules folder that holds the pinned
// better-auth. URLs are read by Node's own WHATWG parser.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const modules = process.argv[2];
const load = (file) => import(pathToFileURL(join(modules, "better-auth/dist", file)).href);
const { version } = JSON.parse(readFileSync(join(modules, "better-auth/package.json"), "utf8"));
const { matchesOriginPattern } = await load("auth/trusted-origins.mjs");
const { getBaseURL, resolveDynamicBaseURL, matchesHostPattern } = await load("utils/url.mjs");
const { wildcardMatch } = await load("utils/wildcard.mjs");
const { getTrustedOrigins } = await load("context/helpers.mjs");

const standard = ["http://localhost:3000", "https://*.example.com", "myapp://", "https://app.example.com"];

const targets = [
  // redirects that leave the site
  "//evil.com", "/\\evil.com", "/\\\\evil.com", "/%2f%2fevil.com", "/%2F%2Fevil.com", "/%2fevil.com", "/%2Fevil.com", "/%5cevil.com", "/%5Cevil.com",
  "/\t/evil.com", "/\n/evil.com", "/\r/evil.com", "///evil.com", "\\\\evil.com", "\\/evil.com",
  "https:evil.com", "https:/evil.com", "https:///evil.com", "https:\\\\evil.com", "http:\\\\evil",
  "ht\ntps://evil.com", "\thttps://evil.com", " https://evil.com", "HTTPS://EVIL.COM",
  "http://localhost:3000@evil.com", "http://localhost:3000.evil.com", "http://localhost:30001", "http://localhost:3000:80@evil.com",
  "http://evil.com#http://localhost:3000", "http://evil.com/?x=http://localhost:3000", "http://evil.com\\@localhost:3000",
  "https://evil.com\\.example.com", "https://evil.com/.example.com", "https://evil.com?.example.com",
  "https://evil.com#.example.com", "https://evil.com%2f.example.com", "https://evil.com%00.example.com",
  "https://evil.com%23.example.com", "https://evil.com%5c.example.com", "https://evil.com\t.example.com", "https://evil.com .example.com",
  "https://evil.com:80:.example.com", "https://evil.com:x.example.com",
  "https://a.example.com.evil.com", "https://aexample.com", "https://example.com", "https://a.example.com:8443",
  "https://.example.com", "https://a..example.com", "http://a.example.com", "https://a.example.com.",
  "javascript:alert(1)", "javascript://localhost:3000/%0aalert(1)", "javascript://a.example.com/%0aalert(1)", "JavaScript:alert(1)",
  "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "blob:http://localhost:3000/x", "blob:https://a.example.com/x",
  "filesystem:http://localhost:3000/x", "about:blank", "view-source:http://localhost:3000",
  "http://127.0.0.1:3000", "http://[::1]:3000", "http://localhost%00.evil.com:3000", "http://localhost\u0000.evil.com:3000",
  "https://evil。com", "https://a。example.com", "https://ａ.example.com", "https://evil.com／.example.com",
  "null", "undefined", "", "/a\r\nX: y", "/a\nX: y", "/a\u0000", "http://localhost:3000/\r\nX: y",
  // paths on this site
  "/", "/dashboard", "/a?x=1", "/@evil.com", "/a/b.c-d_e+f", "/a?", "/a?x=%2F%2Fevil.com", "/a?x=1&y=a@b.c", "/.//evil.com", "/..//evil.com", "/x/..//evil.com",
  "/a#b", "/path?next=https://evil.com", "/üñí", "/%09/evil.com", "/a?b?c", "/a b", "/a:b", "/a;b", "/a~b", "/a%20b", "/%252f%252fevil.com", "/a?\\x",
  "dashboard", "./dashboard", "../x", "?x=1", "#x",
  // trusted
  "http://localhost:3000", "http://LOCALHOST:3000", "HTTP://localhost:3000", "http://localhost:3000/", "http://localhost:3000/a?b#c",
  "http://localhost:3000?x=1", "http://localhost:3000#x", "http://localhost:03000/", "http://localhost:3000//evil.com", "http://localhost:3000/a b",
  "http://localhost:3000/café", "http://localhost:3000/%zz", "http://localhost:3000/\\evil.com", "http://localhost:3000\\evil.com", "http://localhost:3000/?\\x",
  "https://a.b.example.com", "https://a.example.com:443/", "https://A.EXAMPLE.com/x", "https://xn--bcher-kva.example.com", "https://a_b.example.com",
  "https://app.example.com/done", "https://a!b.example.com", "https://%61.example.com", "http://%6cocalhost:3000", "http://localhost.:3000",
  "https:app.example.com", "https:/app.example.com", "https:///app.example.com", "https:\\\\app.example.com", " http://localhost:3000", "http://localhost:3000 ",
  "http://local\thost:3000", "http://loc\nalhost:3000/x",
  "https://user:p@a.example.com", "https://@a.example.com", "http://user@localhost:3000/", "http://localhost:3000@localhost:3000/",
  "myapp://", "myapp://cb", "myapp://cb/path?x=1#y", "myapp:///x", "myapp:x", "MYAPP://cb", "myapp2://cb", "myapp://user@cb", "myapp://cb\\x", "myapp://c b",
];

const scheme = [
  "myapp://cb", "myapp://cb/", "myapp://cb/x", "myapp://cb?x=1", "myapp://cb#x", "myapp://cb.attacker.tld", "myapp://cb@attacker.tld", "myapp://cb:80", "myapp://cbx",
  "myapp://CB/x", "myapp://other", "myapp:cb", "myapp:/cb", "myapp://cb\\evil", "xmyapp://cb", "http://cb", "/dashboard", "myapp:///cb",
];
const pinned = [
  "myapp://host/cb", "myapp://host/cb/", "myapp://host/cb/x", "myapp://host/cb?x=1", "myapp://host/cbx", "myapp://host/cb/../evil", "myapp://host/cb/%2e%2e/evil",
  "myapp://host/cb/..%2fevil", "myapp://host/x/../cb", "myapp://host/CB", "myapp://host", "myapp://host.evil/cb", "myapp://host/%63b",
];
const addresses = [
  "http://192.168.1.5", "http://192.168.1.5:3000", "http://192.168.evil.com", "http://192.168.1.evil.com", "http://192.168.1.5.evil.com", "http://192.168.257",
  "http://0xc0.168.1.5", "http://3232235781", "http://192.169.1.5", "https://192.168.1.5", "http://10.0.0.1", "http://10.evil.com", "http://[::ffff:192.168.1.5]",
];
const web = [
  "http://localhost", "http://localhost:3000", "http://localhost:80", "https://localhost:8443", "http://localhost.evil.com", "http://localhost:evil", "http://localhost:3000.evil.com",
  "http://sub.localhost:3000", "https://preview-12.app.dev", "https://preview-.app.dev", "https://preview-1.evil.com/.app.dev", "https://preview-a.b.app.dev",
  "https://preview-1.app.dev.evil.com", "https://a.example.com", "http://a.example.com", "http://a.example.com:8080", "https://ab.example.com", "https://example.com",
  "myapp://a.example.com", "javascript://a.example.com/%0aalert(1)", "ftp://a.example.com", "ws://a.example.com", "blob:http://localhost:3000/x", "null", "/dashboard",
];
const expo = [
  "exp://192.168.1.5:8081", "exp://192.168.1.5:8081/", "exp://192.168.1.5:8081/--/cb", "exp://192.168.1.5:8081/--/cb?x=1", "exp://192.168.evil.com:8081/--/cb", "exp://10.0.0.1:8081/x", "exp://evil.com/",
  "exp://user@192.168.1.5:8081/x", "exp:///x", "exp://", "http://192.168.1.5:8081/x", "javascript://192.168.1.5:8081/x",
];
const others = [
  "chrome-extension://abcdef", "chrome-extension://abcdef/page.html", "chrome-extension://abcdefg", "capacitor://localhost", "capacitor://localhost:80", "capacitor://evil",
  "com.example.app:/", "com.example.app:/done", "com.example.app://done", "com.example.apps:/", "file://", "file:///etc/passwd", "file://evil/share",
  "https://app.example.com", "https://app.example.com:443", "https://APP.example.com/x", "https://app.example.com.evil.com", "http://app.example.com",
  "https://127.0.0.1", "https://0x7f.1", "https://2130706433", "https://[::1]:8443", "https://[0:0:0:0:0:0:0:1]:8443", "https://[::0001]:8443",
];

const sets = [
  { patterns: standard, targets },
  { patterns: ["myapp://cb"], targets: scheme },
  { patterns: ["myapp://host/cb"], targets: pinned },
  { patterns: ["http://192.168.*.*"], targets: addresses },
  { patterns: ["192.168.*.*"], targets: addresses },
  { patterns: ["http://10.*"], targets: addresses },
  { patterns: ["http://localhost:*"], targets: web },
  { patterns: ["localhost:*"], targets: web },
  { patterns: ["https://preview-*.app.dev"], targets: web },
  { patterns: ["*.example.com"], targets: web },
  { patterns: ["https://?.example.com"], targets: web },
  { patterns: ["*://a.example.com"], targets: web },
  { patterns: ["*"], targets: web },
  { patterns: ["exp://"], targets: expo },
  { patterns: ["exp://**"], targets: expo },
  { patterns: ["exp://192.168.*.*:*/*"], targets: expo },
  { patterns: ["chrome-extension://abcdef", "capacitor://localhost", "com.example.app:/", "file://", "https://127.0.0.1", "https://[::1]:8443", "https://app.example.com"], targets: others },
  { patterns: ["https://APP.example.com/", "https://app.example.com:443"], targets: others },
  { patterns: [], targets: ["/dashboard", "http://localhost:3000", ""] },
];

const trusted = (patterns, target, settings) => patterns.some((p) => matchesOriginPattern(target, p, settings));
const verdicts = sets.flatMap(({ patterns, targets }) =>
  targets.map((target) => ({
    patterns,
    target,
    url: trusted(patterns, target, { allowRelativePaths: true }),
    origin: trusted(patterns, target),
  })),
);

// A seeded mixture of everything that readers of URLs disagree about.
let seed = 0x2545f491;
const random = (n) => {
  seed ^= seed << 13; seed >>>= 0; seed ^= seed >>> 17; seed ^= seed << 5; seed >>>= 0;
  return seed % n;
};
const pieces = [
  "http", "https", "myapp", "javascript", ":", "//", "/", "\\", "\\\\", "@", "?", "#", ".", "..", "%2f", "%5C", "%00", "%2e", "\t", "\n", " ", "\u00e9", "。", "／",
  "localhost", "LOCALHOST", ":3000", "3000", ":", "example.com", ".example.com", "app.example.com", "a", "evil.com", "127.0.0.1", "0x7f", "[::1]", "user:p", "x=1", "null", "*",
];
const starts = ["", "http://", "https://", "http://localhost:3000", "https://a", "https://app.example.com", "myapp://", "/", "https:", "//"];
const corpus = [];
for (let i = 0; i < 4000; i++) {
  let s = starts[random(starts.length)];
  for (let n = 1 + random(5); n > 0; n--) s += pieces[random(pieces.length)];
  corpus.push(s);
}
const mixture = [...new Set(corpus)].map((target) => ({ target, url: trusted(standard, target, { allowRelativePaths: true }) }));

const hosts = [
  "localhost", "LOCALHOST", "a.b-c_d.example", "a..b", ".a", "a.", "a.b.", "-a", "xn--bcher-kva.de", "bücher.de", "ａ.de", "a%62.de", "a%2fb.de", "a b", "a<b", "a|b", "a^b", "a!b", "a'b", "",
  "1.2.3.4", "1.2.3.4.", "127.1", "0x7f.1", "0X7F.0.0.1", "0177.0.0.1", "2130706433", "017700000001", "0x7f000001", "1.2.3", "1.2.65535", "1.2.65536", "256.1.1.1", "1.2.3.256", "4294967295", "4294967296",
  "1.2.3.4.5", "1..2", "08.1.1.1", "0x", "0xg", "1.0x", "a.1", "a.0x1", "a.1.", "1.a", "0", "00", "1_0", "+1", "1.2.3.-4", "foo.0x4", "foo.09", "09",
  "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[1:2:3:4:5:6:7:8]", "[1:0:0:2:0:0:0:3]", "[1:0:2:0:3:0:4:0]", "[0:0:1::]", "[::ffff:1.2.3.4]", "[::ffff:102:304]", "[2001:DB8::1]",
  "[1::2:3:4:5:6:7]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1", "::1", "[::1]x", "[]", "[1.2.3.4]", "[::12345]", "[::1.2.3]", "[64:ff9b::1.2.3.4]", "[0:1:0:1:0:1:0:1]", "[1:2:0:0:5:0:0:8]",
];
const ports = ["", ":", ":80", ":443", ":0", ":0080", ":00443", ":65535", ":65536", ":99999999999999999999", ":8a", ":-1", ":+1", ": 1", ":1:2"];
const inputs = [
  ...new Set([
    ...targets, ...scheme, ...addresses, ...web, ...expo, ...others,
    ...hosts.map((h) => `http://${h}/`), ...ports.flatMap((p) => [`http://h${p}`, `https://h${p}/x`, `http://[::1]${p}/`, `ws://h${p}`]),
    "http:", "http:/", "http://", "https://?x", "https://#x", "https:///", "ftp://h:21/", "wss://h:443", "1http://h", "h+t-t.p://x", "http", ":", "://h", "http//h", "HtTp://H/P?Q#F",
  ]),
];
const urls = inputs.map((input) => {
  try {
    const u = new URL(input);
    return { input, scheme: u.protocol.slice(0, -1), host: u.host, origin: u.origin, userinfo: u.username !== "" || u.password !== "" };
  } catch {
    return { input };
  }
});

const attempt = (f) => {
  try {
    return f();
  } catch {
    return null;
  }
};
const staticBases = [
  ["http://localhost:3000"], ["http://localhost:3000/"], ["https://a.example.com///"], ["https://a.example.com/custom"], ["https://a.example.com/", "/auth"], ["https://a.example.com", "auth"],
  ["https://a.example.com", "/"], ["https://a.example.com/custom", "/auth"], ["https://a.example.com/deep/er", "/auth"], ["a.example.com"], ["localhost:3000"], ["ftp://a.example.com"], ["https://"], ["/api/auth"], ["http://a b"],
].map(([url, path]) => ({ url, path: path ?? "", base: attempt(() => getBaseURL(url, path, undefined, false)) }));

const hostPatterns = [
  ["myapp.com", "myapp.com"], ["MYAPP.com", "myapp.com"], ["myapp.com", "MyApp.com"], ["myapp.com:3000", "myapp.com"], ["myapp.com", "myapp.com:3000"], ["preview-1.vercel.app", "*.vercel.app"],
  ["vercel.app", "*.vercel.app"], ["a.b.vercel.app", "*.vercel.app"], ["evil.com", "*.vercel.app"], ["vercel.app.evil.com", "*.vercel.app"], ["preview-9.myapp.com", "preview-*.myapp.com"],
  ["localhost:3000", "localhost:*"], ["localhost", "localhost:*"], ["a.com", "https://a.com"], ["a.com", "https://a.com/path"], ["ab.com", "a?.com"], ["192.168.1.5", "192.168.*.*"], ["192.168.evil.com", "192.168.*.*"],
].map(([host, pattern]) => ({ host, pattern, allowed: matchesHostPattern(host, pattern) }));

const dynamic = [
  [{ allowedHosts: ["a.com", "*.b.com"] }, { host: "a.com" }],
  [{ allowedHosts: ["a.com"] }, { host: "A.COM" }],
  [{ allowedHosts: ["a.com"] }, { host: "evil.com" }],
  [{ allowedHosts: ["a.com"], fallback: "https://f.com" }, { host: "evil.com" }],
  [{ allowedHosts: ["a.com"], fallback: "https://f.com/p" }, { host: "evil.com" }],
  [{ allowedHosts: ["a.com"], protocol: "https" }, { host: "a.com" }],
  [{ allowedHosts: ["a.com"], protocol: "auto" }, { host: "a.com" }],
  [{ allowedHosts: ["a.com", "b.com"] }, { host: "a.com", "x-forwarded-host": "b.com" }],
  [{ allowedHosts: ["a.com", "b.com"] }, { host: "a.com", "x-forwarded-host": "b.com", "x-forwarded-proto": "https" }, true],
  [{ allowedHosts: ["a.com", "b.com"] }, { host: "a.com", "x-forwarded-host": "b.com" }, true],
  [{ allowedHosts: ["a.com"] }, { host: "a.com", "x-forwarded-host": "evil.com" }, true],
  [{ allowedHosts: ["a.com"] }, { host: "a.com", "x-forwarded-host": "evil.com, a.com" }, true],
  [{ allowedHosts: ["a.com"] }, { host: "a.com", "x-forwarded-proto": "javascript" }, true],
  [{ allowedHosts: ["a.com"], protocol: "http" }, { host: "a.com", "x-forwarded-proto": "https" }, true],
].map(([config, headers, trust = false]) => {
  const request = new Request(`http://${headers.host.toLowerCase()}/api/auth/ok`, { headers });
  request.headers.set("host", headers.host);
  return { config, headers, trust, base: attempt(() => resolveDynamicBaseURL(config, request, "/api/auth", trust)) };
});

const origins = [];
for (const baseURL of [
  "https://a.example.com/custom",
  { allowedHosts: ["a.com", "*.vercel.app", "localhost:3000", "*.localhost:*", "127.0.0.1:3000", "[::1]:3000", "http://plain.com"] },
  { allowedHosts: ["a.com"], fallback: "https://f.com/p" },
]) origins.push({ baseURL, origins: await getTrustedOrigins({ baseURL, basePath: "/api/auth" }) });

const globPatterns = [
  "", "a", "*", "**", "?", "/", "/*", "/**", "/a", "/a/", "/a/*", "/a/**", "/a/*/b", "/a/**/b", "**/b", "/**/**", "/a/**/**/b", "/*/b", "/a*", "/*a", "/a*b", "/a?b", "/a**", "/a**b",
  "/sign-in/*", "*sign-in*", "/sign-*", "a.b", "*.b.c", "a+(b)[c]{d}^$|", "\\*", "a\\*b", "a\\", "\\\\", "//a", "a//b", "exp://**", "exp://*", "exp://*/*", "https://*.b.c", "*:*",
];
const globSamples = [
  "", "a", "/", "//", "/a", "/a/", "/a//", "//a", "a/", "/a/b", "/a/b/", "/a/b/c", "/a/x/b", "/a/x/y/b", "/a/b/b", "/b", "b", "x/y/b", "/ab", "/axb", "/a/xb", "/ba", "ab", "a.b", "axb", "x.b.c", "x.y.b.c", ".b.c",
  "/sign-in", "/sign-in/", "/sign-in/email", "/sign-in/email/x", "/sign-up/email", "a+(b)[c]{d}^$|", "*", "a*b", "\\", "/a\\b", "a//b", "exp://h", "exp://h/", "exp://h/p", "exp://h/p/q", "exp:h", "https://x.b.c", "https://x/.b.c", "h:1", "A", "/A",
];
const globs = globPatterns.map((pattern) => ({ pattern, matches: globSamples.filter((s) => wildcardMatch(pattern)(s)) }));

const lines = (list) => `[\n${list.map((x) => `  ${JSON.stringify(x)}`).join(",\n")}\n ]`;
const parts = { globSamples, globs, verdicts, mixture, urls, staticBases, hostPatterns, dynamic, origins };
process.stdout.write(`{\n "version": ${JSON.stringify(version)},\n${Object.entries(parts).map(([k, v]) => ` "${k}": ${lines(v)}`).join(",\n")}\n}\n`);
