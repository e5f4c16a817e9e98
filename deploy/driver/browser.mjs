// A headless Chromium as an official's browser: one context is one person at one computer.
// The module takes playwright's chromium as a parameter, so that demonstration and tests can bring their own.

const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
];

export async function launch(chromium) {
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ARGS });
}

// A person at a computer.  javaScript: false shows that no page needs it.
export async function person(browser, { javaScript = true, locale = 'vi-VN' } = {}) {
  const context = await browser.newContext({ javaScriptEnabled: javaScript, locale });
  context.setDefaultTimeout(15000);
  return context.newPage();
}

// Fills and sends the sign-in form that is shown.
export async function signIn(page, login, password) {
  await page.fill('#username', login);
  await page.fill('#password', password);
  await Promise.all([page.waitForNavigation(), page.click('#submit')]);
}

// From the sign-in page to the activation page, and through it.
export async function activate(page, login, code, password) {
  await Promise.all([page.waitForNavigation(), page.click('#activate')]);
  await page.fill('#username', login);
  await page.fill('#code', code);
  await page.fill('#password', password);
  await page.fill('#password_again', password);
  await Promise.all([page.waitForNavigation(), page.click('#submit')]);
}

export async function errorOf(page) {
  const box = page.locator('#error');
  return (await box.count()) > 0 ? (await box.innerText()).trim() : '';
}
