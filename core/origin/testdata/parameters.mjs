// Records what Node's URL makes of redirect targets to which upstream adds a
// parameter: [target, what comes out with token=T0&…].
//
//	node parameters.mjs > parameters.json
const base = "http://localhost:3000/api/auth";
const targets = [
  "/", "/dashboard", "/a?x=1", "/@evil.com", "/.//evil.com", "/..//evil.com", "/x/..//evil.com", "/a/./b/../c", "/x/..", "/x/.", "/a//../b", "/...", "/.a/..b", "/a+b",
  "/a?", "/a?x=%20+y&b&=c&&d==&%zz=%", "/a?x=1&token=old&y=2&token=2", "/a?token", "/a?%74oken=1", "/a?b=%F0%9F%98%80%ff", "/a?x=1+2%2B3", "/a?x=%2F%2Fevil.com",
  "http://localhost:3000", "http://LOCALHOST:3000", "http://localhost:3000/", "http://localhost:3000?x", "http://localhost:3000#f", "http://localhost:3000/a?b=c#d", "http://localhost:03000/#",
  "http://localhost:3000//evil.com", "http://localhost:3000/a;b=c,d:e@f$g&h=i!(j)*", "http://localhost:3000/%2e%2E/x/%2e", "http://localhost:3000/.%2e/x/%2e./y", "http://localhost:3000/a%zz%",
  "http://localhost:3000/é ü\"<>^`{|}'[]~x", "http://localhost:3000/a?é='\"<>~*-._!()", "http://localhost:3000/a#é \"<>`^{}|?#x", "http://localhost:3000/a\u2028b?c\u2028#\u2028",
  "https://a.b.example.com:443/x", "http://0x7f.1/", "ftp://example.com/x",
  "myapp://", "myapp://cb", "MyApp://cb", "myapp://cb?x=1", "myapp://cb#x", "myapp://CB/Path/../y?q=1#f g", "myapp:///x", "myapp://h/a b\"<>^`{|}é'", "myapp://h:80/", "myapp://h/a/..",
  "exp://192.168.1.1:8081/--/x",
];
const rows = targets.map((target) => {
  const url = new URL(target, base);
  url.searchParams.set("token", "T 0/'é");
  return [target, url.href];
});
console.log("[\n" + rows.map((r) => "  " + JSON.stringify(r)).join(",\n") + "\n]");
