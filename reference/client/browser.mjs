// A browser as far as an API call is concerned: it keeps cookies and says which
// page a request comes from. Everything else is Node's fetch.
export class Browser {
  // The cookies it would send, by name.
  cookies = new Map();
  // Every cookie it was ever sent, by name: the last {value, attributes}, the
  // names of the attributes in lower case.
  received = new Map();

  constructor(page) {
    this.page = page;
  }

  fetch = async (input, init) => {
    const request = new Request(input, init);
    const sameOrigin = new URL(request.url).origin === this.page;
    request.headers.set("sec-fetch-site", sameOrigin ? "same-origin" : "cross-site");
    if (!sameOrigin || !["GET", "HEAD"].includes(request.method)) request.headers.set("origin", this.page);
    if (this.cookies.size > 0) {
      request.headers.set("cookie", [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    }
    const response = await fetch(request);
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  };

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
