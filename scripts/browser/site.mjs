// The report's site in a real browser. TAP on stdout; screenshots into the second folder.
//
//     node site.mjs SITE SCREENSHOTS [paste]
//
// With `paste` the command of a case's page is run: the results must be of this machine, not made up.
// Checked on every kind of page, light and dark, desktop and phone: no error on the console, no request but to the site's own
// files, no violation that axe-core finds, nothing wider than the screen; and what a reader does: filter, search, sort, open
// a case, switch the theme, find in two clicks why a backend fails a case and the command that repeats it.
import { chromium } from 'playwright-core';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [site, shots] = process.argv.slice(2, 4).map((p) => path.resolve(p));
const paste = process.argv[4] === 'paste';
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const address = (file) => pathToFileURL(path.join(site, file)).href;
const first = (folder) => fs.readdirSync(path.join(site, folder)).sort()[0];
let failed = 0;

function tap(good, name, ...details) {
  if (!good) failed++;
  console.log(`${good ? 'ok' : 'not ok'} - ${name}`);
  if (!good) for (const d of details.flat().slice(0, 8)) console.log(`# ${String(d).replaceAll('\n', ' ').slice(0, 600)}`);
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const troubles = [];

async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(240000);
  page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') troubles.push(`console: ${m.text()}`); });
  page.on('pageerror', (e) => troubles.push(`error: ${e.message}`));
  page.on('request', (r) => { if (!r.url().startsWith(pathToFileURL(site).href) && !r.url().startsWith('data:')) troubles.push(`request: ${r.url()}`); });
  page.on('requestfailed', (r) => troubles.push(`failed: ${r.url()}`));
  return page;
}

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run({ resultTypes: ['violations'], preload: false }));
  return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes[0].html}`);
}

// Where a case failed: the first failure group of the overview leads there in two clicks.
const page = await open({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
await page.goto(address('index.html'));
const group = page.locator('.groups details').first();
const backend = await group.locator('summary strong').textContent();
await group.locator('summary').click();
await group.locator('li a').first().click();
await page.waitForLoadState();
const title = (await page.title()).replace(/ – Assay$/, '');
const answer = page.locator('article.answer:target');
const command = await answer.locator('.command code').textContent();
const verdict = (await answer.locator('h3 .verdict').textContent()).replace(/^\W+/, '');
tap((await answer.locator('h3').textContent()).includes(backend) && (await answer.locator('.message').textContent()).length > 0,
  'two clicks from the overview: why the backend fails the case');
await page.waitForFunction(() => { // scrolled to
  const { top } = document.querySelector('article.answer:target').getBoundingClientRect();
  return top >= 0 && top < innerHeight / 2;
});
tap(true, 'the answer is what one sees then');
const pasted = paste && spawnSync('sh', ['-c', command], { encoding: 'utf8' });
tap(!paste || pasted.status === 1 && pasted.stdout.includes(title) && pasted.stdout.includes(`: ${verdict}`), `and the command, pasted, says ${verdict} too${paste ? '' : ' # SKIP not asked for'}`,
  command, pasted.stdout?.slice(-600), pasted.stderr);
const casePage = path.relative(site, new URL(page.url()).pathname);

// The other way: a cell of the matrix, then a verdict in the list.
await page.goto(address('index.html'));
await page.locator('.matrix td.bad a.share').first().click();
await page.locator('#cases tbody a.verdict.bad').first().click();
tap(await page.locator('article.answer:target .command code').count() === 1, 'two clicks from the matrix: the same');

const pages = ['index.html', 'cases.html', `proposal/${fs.readdirSync(path.join(site, 'proposal')).filter((f) => f.endsWith('.html')).sort()[0]}`,
  `backend/${first('backend')}`, casePage, ...['changes.html', 'trends.html'].filter((f) => fs.existsSync(path.join(site, f)))];
const named = (file) => file.replace(/\/.*/, '').replace('.html', '');

for (const [device, viewport] of [['desktop', { width: 1280, height: 900 }], ['phone', { width: 390, height: 844 }]]) {
  for (const colorScheme of ['light', 'dark']) {
    const looker = await open({ viewport, colorScheme, deviceScaleFactor: 1 });
    for (const file of pages) {
      await looker.goto(address(file));
      const name = `${named(file)} ${device} ${colorScheme}`;
      const wide = await looker.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      tap(wide <= 0, `${name}: not wider than the screen`, `${wide} pixels too wide`);
      const names = await looker.evaluate(() => [...document.querySelectorAll('table .name')].map((cell) => cell.clientWidth));
      tap(names.every((width) => width >= 160), `${name}: names of cases can be read`, `${Math.min(...names)} pixels wide`);
      const found = await violations(looker);
      tap(found.length === 0, `${name}: axe-core finds nothing`, found);
      await looker.screenshot({ path: path.join(shots, `${name.replaceAll(' ', '-')}.png`), fullPage: false });
    }
    await looker.context().close();
  }
}

// The list of cases.
await page.goto(address('cases.html'));
const rows = page.locator('#cases tbody tr');
const found = () => page.locator('#found').textContent().then((t) => Number(t.split(' ')[0]));
const all = await found();
tap(all > 0 && await rows.count() > 0, `the list shows ${all} cases`);
await page.selectOption('select[name=backend]', backend);
await page.selectOption('select[name=verdict]', 'bad');
const bad = await found();
tap(bad > 0 && bad < all, `filtered to ${bad} that fall short`);
await page.fill('input[name=q]', title);
tap(await found() === 1, 'a search by id finds one case', await page.locator('#found').textContent());
tap(page.url().includes('q='), 'the address says what is shown');
await page.fill('input[name=q]', 'no such text anywhere');
tap(await found() === 0, 'a search may find nothing');
await page.click('button[type=reset]');
await page.waitForFunction((n) => document.getElementById('found').textContent.startsWith(n + ' '), String(all));
tap(true, 'Clear shows all again');
await page.locator('#cases thead button').first().click();
const sorted = await page.locator('#cases thead th').first().getAttribute('aria-sort');
tap(sorted === 'descending', 'a head sorts', sorted);
// Processor time of the page's own thread, script, style and layout: what else the machine does is not the site's.
const meter = await page.context().newCDPSession(page);
await meter.send('Performance.enable', { timeDomain: 'threadTicks' });
const spent = async () => {
  const { metrics } = await meter.send('Performance.getMetrics');
  return ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'].reduce((sum, name) => sum + metrics.find((m) => m.name === name).value, 0) * 1000;
};
const slow = {};
const time = async (name, act) => {
  const before = await spent();
  await page.evaluate(`(() => {
    const form = document.getElementById('filters');
    const input = (name, value) => { form.elements[name].value = value; form.dispatchEvent(new Event('input', { bubbles: true })); };
    (${act})(input, form);
    document.body.offsetHeight; // laid out too
  })()`);
  slow[name] = await spent() - before;
};
await time('warm', (input) => input('q', 'warm'));
delete slow.warm;
await time('search', (input) => input('q', 'float'));
await time('filter', (input, form) => { form.elements.q.value = ''; input('verdict', 'bad'); });
await time('all', (input) => input('verdict', ''));
await time('sort', () => document.querySelectorAll('#cases thead button')[2].click());
const times = Object.entries(slow).map(([k, v]) => `${k} ${v.toFixed(0)} ms`).join(', ');
tap(Object.values(slow).every((t) => t > 0 && t < 100), `filter, search and sort of ${all} rows under 100 ms each: ${times}`);
await page.locator('#cases tbody a').first().click();
await page.waitForLoadState();
tap(await page.locator('h1').count() === 1, 'a row opens its case');

// Theme: switched, and kept on the next page.
const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const light = await ground();
await page.click('#theme');
const dark = await ground();
await page.goto(address('index.html'));
tap(light !== dark && await ground() === dark, 'the theme switches and stays');

// Keyboard: the first stop skips to the content.
await page.keyboard.press('Tab');
tap(await page.evaluate(() => document.activeElement.className) === 'skip', 'the first Tab offers to skip to the content');
await page.keyboard.press('Enter');
tap(await page.evaluate(() => document.activeElement.id) === 'main', 'and does');

// Without script everything but the list is there; on paper the controls are not.
const plain = await open({ javaScriptEnabled: false });
await plain.goto(address('index.html'));
tap(await plain.locator('.matrix tbody tr').count() > 0, 'the overview needs no script');
await plain.emulateMedia({ media: 'print' });
tap(!(await plain.locator('.top nav').isVisible()), 'print leaves out the navigation');

tap(troubles.length === 0, 'no console error, no request but to the site', [...new Set(troubles)]);
await browser.close();
process.exit(failed ? 1 : 0);
