// Platform P02's web page: a relying party of npm openid-client.  Whoever opens it without a session is
// sent to sign in (authorization code, PKCE, state, nonce, iss; signature of the ID token checked against the
// published keys), and sees what the tokens say.
//
// Environment: LISTEN_HOST LISTEN_PORT ISSUER CLIENT_ID CLIENT_SECRET_FILE

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express from 'express';
import * as oidc from 'openid-client';

const { LISTEN_HOST, LISTEN_PORT, ISSUER, CLIENT_ID, CLIENT_SECRET_FILE } = process.env;
const ORIGIN = `http://${LISTEN_HOST}:${LISTEN_PORT}`;
const REDIRECT_URI = `${ORIGIN}/callback`;
const LOGGED_OUT_URI = `${ORIGIN}/logged-out`;
const SCOPE = 'openid profile unit roles';
const COOKIE = 'p02_session';
const SESSION_MS = 8 * 3600 * 1000;

// The issuer may start after this program: it is asked at the first sign-in, and again after a failure.
let discovered;
function configuration() {
  discovered ??= oidc.discovery(new URL(ISSUER), CLIENT_ID, { id_token_signed_response_alg: 'ES256' },
    oidc.ClientSecretBasic(readFileSync(CLIENT_SECRET_FILE, 'utf8').trim()),
    { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] });
  discovered.catch(() => { discovered = undefined; });
  return discovered;
}

const sessions = new Map();

function newSession(res, content) {
  const now = Date.now();
  for (const [id, session] of sessions) if (session.until < now) sessions.delete(id);
  const id = randomBytes(32).toString('base64url');
  sessions.set(id, { ...content, until: now + SESSION_MS });
  res.cookie(COOKIE, id, { httpOnly: true, sameSite: 'lax', path: '/' });
}

function takeCookie(req) {
  const match = new RegExp(`(?:^|; )${COOKIE}=([A-Za-z0-9_-]+)`).exec(req.headers.cookie ?? '');
  return match?.[1];
}

function sessionOf(req) {
  const session = sessions.get(takeCookie(req));
  return session && session.until > Date.now() ? session : undefined;
}

const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function page(title, body) {
  return `<!doctype html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}
th{text-align:left;padding-right:1rem;vertical-align:top}pre{white-space:pre-wrap;overflow-wrap:anywhere}</style>
<h1>${escape(title)}</h1>${body}</html>`;
}

const TITLE = 'Hệ thống thông tin giải quyết thủ tục hành chính';

function claimsPage(claims) {
  const shown = (value) => (typeof value === 'object' ? JSON.stringify(value) : value);
  const rows = Object.entries(claims).map(([name, value]) => `<tr><th scope="row">${escape(name)}</th><td>${escape(shown(value))}</td></tr>`);
  return page(TITLE, `<p>Nền tảng mẫu P02. Xin chào <strong id="name">${escape(claims.name ?? claims.sub)}</strong>.</p>
<table id="claims">${rows.join('')}</table><p><a id="logout" href="/logout">Đăng xuất</a></p>`);
}

const app = express();
app.disable('x-powered-by');
app.use((req, res, next) => {
  res.set({ 'Cache-Control': 'no-store', 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'" });
  next();
});

app.get('/healthz', (req, res) => res.type('text').send('ok\n'));

app.get('/', (req, res) => {
  const session = sessionOf(req);
  if (!session?.tokens) return res.redirect('/login');
  res.send(claimsPage(session.claims));
});

// For the demonstration's driver and the tests: what this session holds.
app.get('/session.json', (req, res) => {
  const session = sessionOf(req);
  if (!session?.tokens) return res.status(401).json({ error: 'no session' });
  res.json({ ...session.tokens, claims: session.claims });
});

app.get('/login', async (req, res) => {
  const config = await configuration();
  const pending = { verifier: oidc.randomPKCECodeVerifier(), state: oidc.randomState(), nonce: oidc.randomNonce() };
  newSession(res, { pending });
  res.redirect(oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
    state: pending.state,
    nonce: pending.nonce,
  }).href);
});

app.get('/callback', async (req, res) => {
  const pending = sessionOf(req)?.pending;
  if (!pending) return res.status(400).send(page('Không có yêu cầu đăng nhập', '<p><a href="/">Bắt đầu lại</a></p>'));
  sessions.delete(takeCookie(req));
  const config = await configuration();
  const tokens = await oidc.authorizationCodeGrant(config, new URL(req.originalUrl, ORIGIN), {
    pkceCodeVerifier: pending.verifier,
    expectedState: pending.state,
    expectedNonce: pending.nonce,
    idTokenExpected: true,
  });
  const idClaims = tokens.claims();
  const userInfo = await oidc.fetchUserInfo(config, tokens.access_token, idClaims.sub);
  newSession(res, { tokens, claims: { ...idClaims, ...userInfo } });
  res.redirect('/');
});

app.get('/logout', async (req, res) => {
  const session = sessionOf(req);
  sessions.delete(takeCookie(req));
  res.clearCookie(COOKIE);
  if (!session?.tokens) return res.redirect('/logged-out');
  res.redirect(oidc.buildEndSessionUrl(await configuration(), {
    id_token_hint: session.tokens.id_token,
    post_logout_redirect_uri: LOGGED_OUT_URI,
  }).href);
});

app.get('/logged-out', (req, res) => res.send(page('Đã đăng xuất', '<p id="logged-out"><a href="/">Đăng nhập lại</a></p>')));

// What the issuer answered, for the page; the whole of it for the log.
app.use((error, req, res, next) => {
  console.error(`${req.method} ${req.path}:`, error.message, error.cause ?? '');
  const code = error.error ?? error.code ?? 'error';
  res.status(502).send(page('Đăng nhập không thành công', `<p id="error">${escape(code)}: ${escape(error.error_description ?? error.message)}</p>
<p><a href="/">Thử lại</a></p>`));
});

const server = app.listen(Number(LISTEN_PORT), LISTEN_HOST, (error) => {
  if (error) throw error;
});
process.on('SIGTERM', () => server.close(() => process.exit(0)).closeAllConnections());
