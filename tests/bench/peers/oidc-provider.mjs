// oidc-provider.mjs PORT FOLDER ROUNDS CODES TOKENS: npm oidc-provider with its in-memory adapter, and requests for it.
//
// Clients, keys, grants, codes and tokens are made by the provider's own models before it listens, so that no browser is
// needed; what is measured are its endpoints alone.  Client and claims are like those of sen-server's measures:
// client_secret_basic, ES256, an ID token on exchange and refresh, rotated refresh tokens.
import { createHash, randomBytes, webcrypto } from "node:crypto";
import Provider from "oidc-provider";
import MemoryAdapter from "oidc-provider/lib/adapters/memory_adapter.js";
import { basic, form, get, write, writeRounds } from "./requests.mjs";

const [port, rounds, nCodes, nTokens] = [2, 4, 5, 6].map((i) => Number(process.argv[i]));
const folder = process.argv[3];
const host = `127.0.0.1:${port}`;
const issuer = `http://${host}`;
const resource = "http://127.0.0.1/api";
const redirect = "http://127.0.0.1/callback";
const scope = "openid profile";
const secret = randomBytes(32).toString("hex");
const header = basic("bench", secret);

// Its in-memory adapter over a map: its own storage forgets all but the newest 1000 entries.
const storage = new Map();

async function signingKey() {
	const pair = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
	return { ...await webcrypto.subtle.exportKey("jwk", pair.privateKey), use: "sig", alg: "ES256", kid: "bench", key_ops: undefined };
}

const account = (id) => ({
	accountId: id,
	claims: () => ({ sub: id, preferred_username: "nguyen.van.an", name: "Nguyễn Văn An", family_name: "Nguyễn", middle_name: "Văn", given_name: "An" }),
});

const provider = new Provider(issuer, {
	adapter: (model) => new MemoryAdapter(model, storage),
	clients: [{
		client_id: "bench", client_secret: secret, redirect_uris: [redirect], response_types: ["code"],
		grant_types: ["authorization_code", "refresh_token", "client_credentials"], id_token_signed_response_alg: "ES256",
	}],
	jwks: { keys: [await signingKey()] },
	clientDefaults: { id_token_signed_response_alg: "ES256" },
	scopes: ["openid", "profile", "offline_access", "bench.read"],
	claims: { openid: ["sub"], profile: ["preferred_username", "name", "family_name", "middle_name", "given_name"] },
	conformIdTokenClaims: false,
	findAccount: (ctx, id) => account(id),
	rotateRefreshToken: true,
	issueRefreshToken: () => true,
	pkce: { required: () => true },
	features: {
		clientCredentials: { enabled: true },
		introspection: { enabled: true },
		devInteractions: { enabled: false },
		resourceIndicators: {
			enabled: true,
			defaultResource: () => undefined,
			useGrantedResource: () => false,
			getResourceServerInfo: () => ({ scope: "bench.read", accessTokenTTL: 300, accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } } }),
		},
	},
	ttl: { AccessToken: 3600, AuthorizationCode: 3600, ClientCredentials: 300, Grant: 36000, IdToken: 300, RefreshToken: 36000, Session: 36000 },
});
provider.on("server_error", (ctx, error) => console.error(error));

const client = await provider.Client.find("bench");
const accounts = Array.from({ length: 200 }, (_, i) => `official-${i}`);

async function grantOf(accountId) {
	const grant = new provider.Grant({ accountId, clientId: "bench" });
	grant.addOIDCScope(scope);
	return grant.save();
}

// What a sign-in leaves with a code or a token; each of a grant of its own.
async function common(i) {
	const accountId = accounts[i % accounts.length];
	return { accountId, client, grantId: await grantOf(accountId), scope, claims: {}, authTime: Math.floor(Date.now() / 1000), acr: "0",
		gty: "authorization_code", sid: `sid-${i}`, sessionUid: `session-${i}`, nonce: "n-0S6_WzA2Mj" };
}

async function codeRequest(i) {
	const verifier = randomBytes(32).toString("base64url");
	const challenge = createHash("sha256").update(verifier).digest("base64url");
	const code = await new provider.AuthorizationCode({ ...await common(i), redirectUri: redirect, codeChallenge: challenge, codeChallengeMethod: "S256" }).save();
	return form(host, "/token", header, { grant_type: "authorization_code", code, redirect_uri: redirect, code_verifier: verifier });
}

async function refreshRequest(i) {
	const token = await new provider.RefreshToken({ ...await common(i), rotations: 0, iiat: Math.floor(Date.now() / 1000) }).save();
	return form(host, "/token", header, { grant_type: "refresh_token", refresh_token: token });
}

const codes = [], refreshes = [], tokens = [];
for (let i = 0; i < rounds * nCodes; i++) {
	codes.push(await codeRequest(i));
	refreshes.push(await refreshRequest(i));
}
for (let i = 0; i < nTokens; i++)
	tokens.push(await new provider.AccessToken(await common(i)).save());
write(folder, "client_credentials", [form(host, "/token", header, { grant_type: "client_credentials", scope: "bench.read", resource })]);
writeRounds(folder, "code_exchange", rounds, codes);
writeRounds(folder, "refresh", rounds, refreshes);
write(folder, "introspect", tokens.map((token) => form(host, "/token/introspection", header, { token })));
write(folder, "userinfo", tokens.map((token) => get(host, "/me", `Authorization: Bearer ${token}\r\n`)));
write(folder, "jwks", [get(host, "/jwks")]);

provider.listen(port, "127.0.0.1", () => console.log(`listening on ${host}`));
