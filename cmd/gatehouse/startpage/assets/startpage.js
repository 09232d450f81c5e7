// The start page of a server under development. It calls the API as any client
// does, with fetch, and shows what comes back as text: nothing that the server
// sends is ever parsed as HTML.
"use strict";

const api = document.documentElement.dataset.api;
const find = (id) => document.getElementById(id);

// element makes an element with attributes and children; strings become text.
function element(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children);
  return e;
}

function say(text, failed) {
  const message = find("message");
  message.textContent = text;
  message.classList.toggle("error", Boolean(failed));
  message.hidden = !text;
}

// request answers with the decoded body, or throws an error to show.
async function request(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new Error("The server does not answer. Is it running?");
  }
  const text = await answer.text();
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    if (answer.ok) throw new Error("The server answered something that is not JSON.");
  }
  if (!answer.ok) {
    throw new Error(data?.message || (answer.status === 429 ? "Too many attempts. Wait a moment." : `The server answered ${answer.status}.`));
  }
  return data;
}

const get = (path) => request("GET", api + path);
const post = (path, body) => request("POST", api + path, body ?? {});

const moment = (value) => {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString();
};

// device makes a User-Agent short, for people.
function device(agent) {
  if (!agent) return "Unknown client";
  const pick = (list) => list.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = pick([[/Edg\//, "Edge"], [/Firefox\//, "Firefox"], [/Chrom(e|ium)\//, "Chrome"], [/Safari\//, "Safari"]]);
  const system = pick([[/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS X/, "macOS"], [/Linux/, "Linux"]]);
  if (!browser) return agent.slice(0, 60);
  return system ? `${browser} on ${system}` : browser;
}

function showSession(current) {
  find("signed-out").hidden = Boolean(current);
  find("signed-in").hidden = !current;
  const facts = current
    ? [
        ["Name", current.user.name],
        ["E-mail", current.user.email + (current.user.emailVerified ? " (confirmed)" : " (not confirmed)")],
        ["User id", current.user.id],
        ["Expires", moment(current.session.expiresAt)],
      ]
    : [];
  find("session").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]));
}

async function showSessions(current) {
  const list = find("sessions");
  const note = find("sessions-note");
  note.hidden = true;
  if (!current) {
    list.replaceChildren();
    return;
  }
  let sessions = [];
  try {
    sessions = await get("/list-sessions");
  } catch (error) {
    note.textContent = error.message;
    note.hidden = false;
  }
  list.replaceChildren(...sessions.map((session) => sessionRow(session, session.token === current.session.token)));
  find("revoke-others").hidden = sessions.length < 2;
}

function sessionRow(session, own) {
  const about = [`since ${moment(session.createdAt)}`, session.ipAddress].filter(Boolean).join(", from ");
  const label = element("div", {}, device(session.userAgent), element("span", { class: "soft" }, about));
  if (own) return element("li", {}, label, element("span", { class: "tag" }, "this one"));
  const button = element("button", { type: "button", class: "plain", "data-testid": "revoke" }, "Revoke");
  button.addEventListener("click", () =>
    act(button, async () => {
      await post("/revoke-session", { token: session.token });
      return "That session is over.";
    }),
  );
  return element("li", {}, label, button);
}

function messageRow(message) {
  const data = message.data ?? {};
  const row = element("div", {}, message.type, element("span", { class: "soft" }, `to ${message.to}`));
  for (const name of ["otp", "code"]) {
    if (data[name]) row.append(element("span", { class: "soft" }, `${name}: ${data[name]}`));
  }
  if (typeof data.url === "string" && /^https?:\/\//.test(data.url)) {
    row.append(element("a", { href: data.url, rel: "noreferrer", "data-testid": "outbox-link" }, "Open the link"));
  }
  return element("li", {}, row);
}

async function showOutbox() {
  const note = find("outbox-note");
  let messages = [];
  try {
    messages = await request("GET", "/dev/outbox");
    note.textContent = "It is empty.";
  } catch (error) {
    note.textContent = error.message;
  }
  note.hidden = messages.length > 0;
  find("outbox-clear").hidden = messages.length === 0;
  find("outbox").replaceChildren(...messages.reverse().map(messageRow));
}

async function refresh() {
  const current = await get("/get-session");
  showSession(current);
  await Promise.all([showSessions(current), showOutbox()]);
  return current;
}

// act runs what a button stands for, once at a time, and says how it went.
async function act(button, work) {
  button.disabled = true;
  say("");
  let text = "";
  let failed = false;
  try {
    text = await work();
  } catch (error) {
    text = error.message;
    failed = true;
  }
  try {
    await refresh();
  } catch (error) {
    text ||= error.message;
    failed = true;
  }
  button.disabled = false;
  say(text, failed);
}

function onSubmit(id, work) {
  const form = find(id);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    act(form.querySelector("button"), async () => {
      const text = await work(fields);
      form.reset();
      return text;
    }).then(() => {
      if (!find("signed-in").hidden) find("session-title").focus();
    });
  });
}

const onClick = (id, work) => find(id).addEventListener("click", () => act(find(id), work));

// What links of the mail say when they have led back to this page.
const arrivals = {
  verified: "Your address is confirmed.",
  changed: "That link has worked. If the address is still the old one, the outbox has another.",
  deleted: "The account is deleted.",
};

let resetToken = null;

function expectReset(token) {
  resetToken = token;
  find("resetting").hidden = !token;
}

// arrive reads what a link added to the address, and takes it out again: a token
// has no place in the history.
function arrive() {
  const query = new URLSearchParams(location.search);
  if (!query.size) return;
  history.replaceState(null, "", location.pathname);
  const error = query.get("error");
  if (error) say(`The link does not work, or no longer${/^\w{1,60}$/.test(error) ? `: ${error}` : "."}`, true);
  else if (query.has("token")) expectReset(query.get("token"));
  else say(arrivals[query.get("done")] ?? "");
}

onSubmit("sign-up", async ({ name, email, password }) => {
  const { token } = await post("/sign-up/email", { name, email, password, callbackURL: "/?done=verified" });
  return token ? "Welcome. You are signed up and in." : "You are signed up. Look into the outbox before you sign in.";
});

onSubmit("sign-in", async ({ email, password, rememberMe }) => {
  await post("/sign-in/email", { email, password, rememberMe: rememberMe === "on" });
  return "You are signed in.";
});

onSubmit("forgot", async ({ email }) => {
  await post("/request-password-reset", { email, redirectTo: "/" });
  return "If there is such an account, a link is in the outbox.";
});

onSubmit("reset", async ({ newPassword }) => {
  await post("/reset-password", { newPassword, token: resetToken });
  expectReset(null);
  return "The password is set. Sign in with it.";
});

onSubmit("change-email", async ({ newEmail }) => {
  await post("/change-email", { newEmail, callbackURL: "/?done=changed" });
  return "Nearly done. Look into the outbox.";
});

onClick("delete-user", async () => {
  const { message } = await post("/delete-user", { callbackURL: "/?done=deleted" });
  return message === "User deleted" ? arrivals.deleted : "Nearly done. Look into the outbox.";
});

onClick("sign-out", async () => {
  await post("/sign-out");
  return "You are signed out.";
});

onClick("revoke-others", async () => {
  await post("/revoke-other-sessions");
  return "The other sessions are over.";
});

onClick("outbox-refresh", async () => "");

onClick("outbox-clear", async () => {
  await request("DELETE", "/dev/outbox");
  return "The outbox is empty.";
});

arrive();
refresh().catch((error) => {
  showSession(null);
  say(error.message, true);
});
