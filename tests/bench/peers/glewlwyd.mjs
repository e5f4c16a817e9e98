// glewlwyd.mjs PORT FOLDER ROUNDS CODES TOKENS: configures a new glewlwyd over its administration API, and writes requests for it.
//
// ES256, client_secret_basic, one-time refresh tokens, as sen-server's own.  Tokens and codes come from its own endpoints.
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { basic, form, get, write, writeRounds } from "./requests.mjs";

const [port, rounds, nCodes, nTokens] = [2, 4, 5, 6].map((i) => Number(process.argv[i]));
const folder = process.argv[3];
const host = `127.0.0.1:${port}`;
const redirect = "http://127.0.0.1/callback";
const secret = randomBytes(32).toString("hex");
const header = basic("bench", secret);
const user = { username: "admin", password: "password" }; // of its own initial data
let cookie = "";

async function call(method, path, body) {
	const answer = await fetch(`http://${host}/api/${path}`, { method, redirect: "manual", body: body && JSON.stringify(body),
		headers: { "content-type": "application/json", cookie } });
	if (answer.status >= 400)
		throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
	return answer;
}

async function token(fields) {
	const answer = await fetch(`http://${host}/api/oidc/token`, { method: "POST", body: new URLSearchParams(fields),
		headers: { authorization: header.slice("Authorization: ".length).trim() } });
	if (!answer.ok)
		throw new Error(`token: ${answer.status} ${await answer.text()}`);
	return answer.json();
}

async function configure() {
	const keys = generateKeyPairSync("ec", { namedCurve: "P-256", privateKeyEncoding: { type: "sec1", format: "pem" }, publicKeyEncoding: { type: "spki", format: "pem" } });
	cookie = (await call("POST", "auth/", user)).headers.get("set-cookie").split(";")[0];
	await call("POST", "scope/", { name: "bench.read", display_name: "bench", password_required: false });
	await call("PUT", "user/admin", { username: "admin", name: "Nguyễn Văn An", enabled: true, scope: ["g_admin", "g_profile", "openid"] });
	await call("POST", "mod/plugin/", { module: "oidc", name: "oidc", display_name: "bench", parameters: {
		"iss": `http://${host}/api/oidc`, "jwt-type": "ecdsa", "jwt-key-size": "256", "key": keys.privateKey, "cert": keys.publicKey,
		"access-token-duration": 3600, "refresh-token-duration": 36000, "code-duration": 3600, "refresh-token-rolling": false,
		"refresh-token-one-use": "always", "allow-non-oidc": true, "auth-type-client-enabled": true, "auth-type-code-enabled": true,
		"auth-type-password-enabled": true, "auth-type-refresh-enabled": true, "auth-type-token-enabled": false, "auth-type-implicit-enabled": false,
		"name-claim": "mandatory", "scope-claim": "mandatory", "email-claim": "no", "subject-type": "public", "jwks-show": true,
		"introspection-revocation-allowed": true, "introspection-revocation-allow-target-client": true,
		"pkce-allowed": true, "pkce-method-plain-allowed": false } });
	await call("POST", "client/", { client_id: "bench", name: "bench", enabled: true, confidential: true, client_secret: secret, redirect_uri: [redirect],
		authorization_type: ["code", "client_credentials", "refresh_token", "password"], token_endpoint_auth_method: ["client_secret_basic"], scope: ["bench.read"] });
	await call("PUT", "auth/grant/bench", { scope: "openid" });
}

async function codeRequest(i) {
	const verifier = randomBytes(32).toString("base64url");
	const challenge = createHash("sha256").update(verifier).digest("base64url");
	const query = new URLSearchParams({ response_type: "code", client_id: "bench", redirect_uri: redirect, scope: "openid", state: `s${i}`, nonce: `n${i}`,
		code_challenge: challenge, code_challenge_method: "S256", g_continue: "" });
	const location = (await call("GET", `oidc/auth?${query}`)).headers.get("location") ?? "";
	const code = new URL(location, redirect).searchParams.get("code");
	if (!code)
		throw new Error(`no code: ${location}`);
	return form(host, "/api/oidc/token", header, { grant_type: "authorization_code", code, redirect_uri: redirect, code_verifier: verifier });
}

// A few at a time: each costs it some milliseconds.
async function many(n, make) {
	const out = [];
	for (let at = 0; at < n; at += 8)
		out.push(...await Promise.all(Array.from({ length: Math.min(8, n - at) }, (_, i) => make(at + i))));
	return out;
}

await configure();
write(folder, "jwks", [get(host, "/api/oidc/jwks")]);
write(folder, "client_credentials", [form(host, "/api/oidc/token", header, { grant_type: "client_credentials", scope: "bench.read" })]);
writeRounds(folder, "code_exchange", rounds, await many(rounds * nCodes, codeRequest));
const signedIn = await many(rounds * nTokens, () => token({ grant_type: "password", scope: "openid", ...user }));
write(folder, "introspect", signedIn.map((t) => form(host, "/api/oidc/introspect", header, { token: t.access_token })));
write(folder, "userinfo", signedIn.map((t) => get(host, "/api/oidc/userinfo", `Authorization: Bearer ${t.access_token}\r\n`)));
writeRounds(folder, "refresh", rounds, signedIn.map((t) => form(host, "/api/oidc/token", header, { grant_type: "refresh_token", refresh_token: t.refresh_token })));
