// A browser as far as an API call is concerned: it keeps cookies and says which
// page a request comes from. Everything else is Node's fetch.
export class Browser {
  // The cookies it would send, by name.
  cookies = new Map();
  // Every cookie it was ever sent, by name: the last {value, attributes}, the
  // names of the attributes in lower case.
  received = new Map();
  // What it asked for and got, in order: "POST /api/auth/sign-out 200".
  log = [];

  constructor(page) {
    this.page = page;
  }

  fetch = async (input, init) => {
    const request = new Request(input, init);
    const sameOrigin = new URL(request.url).origin === this.page;
    request.headers.set("sec-fetch-site", sameOrigin ? "same-origin" : "cross-site");
    if (!sameOrigin || !["GET", "HEAD"].includes(request.method)) request.headers.set("origin", this.page);
    return this.#send(request);
  };

  // visit opens a link as a click in a mail does. It returns the status and
  // where a redirect leads, and does not go there.
  visit = async (url) => {
    const headers = { accept: "text/html", "sec-fetch-site": "cross-site" };
    const response = await this.#send(new Request(url, { headers, redirect: "manual" }));
    return { status: response.status, location: response.headers.get("location") };
  };

  async #send(request) {
    if (this.cookies.size > 0) {
      request.headers.set("cookie", [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    }
    const response = await fetch(request);
    this.log.push(`${request.method} ${new URL(request.url).pathname} ${response.status}`);
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  #keep(line) {
    const [pair, ...rest] = line.split(/; */);
    const [name, value] = cut(pair);
    const attributes = Object.fromEntries(rest.map(cut).map(([key, text]) => [key.toLowerCase(), text]));
    this.received.set(name, { value, attributes });
    if (attributes["max-age"] !== undefined && Number(attributes["max-age"]) <= 0) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

function cut(text) {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
