// The messages that a server under development keeps instead of sending them:
// those to one domain, which nobody else writes to.
import assert from "node:assert/strict";

export class Outbox {
  #url;
  #domain;

  // domain is how the addresses end.
  constructor(origin, domain) {
    this.#url = `${origin}/dev/outbox`;
    this.#domain = domain.toLowerCase();
  }

  async #list() {
    const response = await fetch(this.#url);
    assert.equal(response.status, 200, `${this.#url} answers ${response.status}`);
    return (await response.json()).filter(({ to }) => to.endsWith(this.#domain));
  }

  // during runs a function and returns the messages {type, to, data} that were
  // sent meanwhile, oldest first.
  async during(act) {
    const before = (await this.#list()).length;
    await act();
    return (await this.#list()).slice(before);
  }

  // none wants no message.
  async none(act) {
    assert.deepEqual(await this.during(act), []);
  }

  // one wants one message of a type to an address, and returns its data. The
  // link in it has the token.
  async one(type, { email }, act) {
    const sent = await this.during(act);
    assert.deepEqual(
      sent.map((m) => ({ type: m.type, to: m.to })),
      [{ type, to: email.toLowerCase() }],
    );
    const { data } = sent[0];
    assert.ok(data.url.includes(data.token), `the token is not in ${data.url}`);
    return data;
  }
}
