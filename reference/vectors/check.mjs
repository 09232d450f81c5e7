// Reads what Gatehouse made with Better Auth's own functions:
//
//	go run ./vectors/emit > made.json && node vectors/check.mjs <node_modules> made.json
//
// Without a second argument the file is read from standard input. Each entry
// must be accepted as it is and refused with a character changed. Any mismatch
// is named, and makes the exit code 1.
import { readFileSync } from "node:fs";
import { appCode, cookies, crypto, currentSecret, endpoint, jose, keyPair, secondFactors, secretConfig, version } from "./upstream.mjs";

// Upstream logs each refusal; what it logs is no news here.
const report = console.error;
console.error = console.warn = console.log = () => {};

const made = JSON.parse(readFileSync(process.argv[3] ?? 0, "utf8"));
const problems = [];
let checks = 0;

// expect compares what `read` gives with `want`; a refusal counts as null.
async function expect(what, read, want) {
	checks++;
	let got;
	try {
		got = JSON.stringify(await read());
	} catch (error) {
		got = `${error}`;
	}
	want = JSON.stringify(want);
	if (got === want) return;
	got = `${got}`;
	let at = 0;
	while (at < got.length && got[at] === want[at]) at++;
	const piece = (text) => text.slice(Math.max(0, at - 20), at + 60);
	problems.push(`${what}: upstream gives …${piece(got)}…, want …${piece(want)}…`);
}

async function refused(what, read) {
	checks++;
	let got;
	try {
		got = await read();
	} catch {
		return;
	}
	if (got) problems.push(`${what}: upstream accepts it with a character changed`);
}

// flip changes the character at i, counted from the end when negative.
function flip(text, i) {
	const at = i < 0 ? text.length + i : i;
	return text.slice(0, at) + (text[at] === "A" ? "B" : text[at] === "0" ? "1" : text[at] === "a" ? "b" : /[0-9a-f]/.test(text[at]) ? "0" : "A") + text.slice(at + 1);
}

const drop = (payload, ...names) => {
	if (!payload) return payload;
	const copy = { ...payload };
	for (const name of names) delete copy[name];
	return copy;
};

for (const kind of ["passwords", "signed", "ciphers", "jwts", "jwes", "caches"]) {
	if (!made[kind]?.length) problems.push(`${kind}: there are none`);
}

for (const [i, { password, hash }] of made.passwords.entries()) {
	await expect(`passwords[${i}]`, () => crypto.verifyPassword({ hash, password }), true);
	await refused(`passwords[${i}]`, () => crypto.verifyPassword({ hash: flip(hash, -1), password }));
}

for (const [i, { keys, name, value, header }] of made.signed.entries()) {
	const read = async (text) => (await endpoint({ keys, header: text })).ctx.getSignedCookie(name, currentSecret(keys));
	await expect(`signed[${i}]`, () => read(header), value);
	await refused(`signed[${i}]`, () => read(flip(header, name.length + 1)));
}

for (const [i, { keys, plaintext, text }] of made.ciphers.entries()) {
	const read = (data) => crypto.symmetricDecrypt({ key: secretConfig(keys), data });
	await expect(`ciphers[${i}]`, () => read(text), plaintext);
	await refused(`ciphers[${i}]`, () => read(flip(text, -1)));
}

// sorted gives a JSON text that does not depend on the order of members, which
// 1.7 rearranges behind the signature check.
const sorted = (value) => JSON.stringify(Object.entries(value).sort());

const hour = (payload) => payload && payload.exp - payload.iat === 3600;

for (const [i, { keys, claims, token }] of made.jwts.entries()) {
	const read = (text) => crypto.verifyJWT(text, currentSecret(keys));
	await expect(`jwts[${i}]`, async () => drop(await read(token), "iat", "exp"), JSON.parse(claims));
	await expect(`jwts[${i}] lifetime`, async () => hour(await read(token)), true);
	await refused(`jwts[${i}]`, () => read(flip(token, -2)));
	await expect(`jwts[${i}] header`, () => Buffer.from(token.split(".")[0], "base64url").toString(), '{"alg":"HS256"}');
}

for (const [i, { keys, salt, claims, token }] of made.jwes.entries()) {
	const read = (text) => crypto.symmetricDecodeJWT(text, secretConfig(keys), salt);
	await expect(`jwes[${i}]`, async () => drop(await read(token), "iat", "exp", "jti"), JSON.parse(claims));
	await expect(`jwes[${i}] lifetime`, async () => hour(await read(token)), true);
	await expect(`jwes[${i}] jti`, async () => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test((await read(token)).jti), true);
	await refused(`jwes[${i}]`, () => read(flip(token, -2)));
}

for (const [i, { keys, strategy, session, user, version: tag, header }] of made.caches.entries()) {
	const what = `caches[${i}] (${strategy})`;
	const read = (text) =>
		cookies.getCookieCache(new Headers({ cookie: text }), {
			strategy, isSecure: false, version: tag, secret: strategy === "jwe" ? secretConfig(keys) : currentSecret(keys),
		});
	await expect(what, async () => {
		const { session, user, version } = await read(header);
		return { session: sorted(session), user: sorted(user), version };
	}, { session: sorted(JSON.parse(session)), user: sorted(JSON.parse(user)), version: tag });
	await refused(what, () => read(flip(header, -3)));
}

for (const [i, { keys, alg, encrypted, row, jwks, token, claims }] of made.keyPairs.entries()) {
	const what = `keyPairs[${i}] (${alg})`;
	const want = sorted(JSON.parse(claims));
	// As a service does, which knows the key set and nothing else.
	const published = jose.createLocalJWKSet(JSON.parse(jwks));
	const service = async (text) => (await jose.jwtVerify(text, published, { issuer: "http://localhost:3000", audience: "http://localhost:3000", algorithms: [alg] })).payload;
	await expect(`${what} for a service`, async () => sorted(await service(token)), want);
	await refused(`${what} for a service`, () => service(flip(token, -10)));
	// As Better Auth does on the same database. 1.6.9 has no columns alg and crv.
	const { alg: _, crv: __, ...old } = row;
	for (const stored of [row, old]) {
		const pair = keyPair({ keys, alg, encrypted, row: stored });
		await expect(`${what} for upstream`, async () => sorted(await pair.verify(token)), want);
		await refused(`${what} for upstream`, () => pair.verify(flip(token, -10)));
		await expect(`${what} signing`, async () => (await service(await pair.sign({ sub: "s" }))).sub, "s");
		await expect(`${what} signing`, () => pair.rows.length, 1);
	}
}

for (const [i, { keys, password, user, account, row, device, totpURI, backupCodes }] of made.secondFactors.entries()) {
	const what = `secondFactors[${i}]`;
	const dated = ({ createdAt, updatedAt, expiresAt, ...rest }) => ({ ...rest, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt), ...(expiresAt && { expiresAt: new Date(expiresAt) }) });
	const server = secondFactors(keys, { user: [dated(user)], session: [], account: [dated(account)], verification: [dated(device.row)], twoFactor: [row] });
	const signIn = (cookies) => server.call("signInEmail", { email: user.email, password }, cookies);
	const challenged = await signIn({});
	const verify = async (endpoint, code) => (await server.call(endpoint, { code }, (await signIn({})).cookies)).user.id;
	await expect(`${what} signing in`, () => challenged.twoFactorMethods, ["totp"]);
	await expect(`${what} its backup codes`, async () => (await server.call("viewBackupCodes", { userId: user.id })).backupCodes, backupCodes);
	await expect(`${what} a code of the app`, async () => verify("verifyTOTP", await appCode(totpURI)), user.id);
	await expect(`${what} a backup code`, () => verify("verifyBackupCode", backupCodes[0]), user.id);
	await refused(`${what} a backup code`, () => verify("verifyBackupCode", flip(backupCodes[1], -2)));
	await refused(`${what} a browser`, async () => (await signIn({ trust_device: flip(device.cookie, 5) })).user ?? null);
	await expect(`${what} a browser`, async () => (await signIn({ trust_device: device.cookie })).user.id, user.id);
}

if (problems.length > 0) {
	for (const problem of problems.slice(0, 20)) report(problem);
	report(`${problems.length} of ${checks} checks failed against better-auth ${version}`);
	process.exit(1);
}
report(`${checks} checks passed against better-auth ${version}`);
