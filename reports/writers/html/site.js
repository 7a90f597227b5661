'use strict';
/* Theme, copy buttons, and the list of cases. Text reaches a page through textContent only. */

const remember = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); } catch { /* a file opened without storage */ } },
};

/* Before the body is drawn: no flash of the other theme. */
{
  const theme = remember.get('assay-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
}

function setUpTheme() {
  const button = document.getElementById('theme');
  const isDark = () => document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  const label = () => { button.textContent = isDark() ? 'Light theme' : 'Dark theme'; };
  button.hidden = false;
  label();
  button.addEventListener('click', () => {
    const theme = isDark() ? 'light' : 'dark';
    document.documentElement.dataset.theme = theme;
    remember.set('assay-theme', theme);
    label();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', label);
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

async function copy(text, from) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { /* no permission from a file: the selection does it */
    getSelection().selectAllChildren(from);
    return document.execCommand('copy');
  }
}

function setUpCopying() {
  for (const command of document.querySelectorAll('.command')) {
    const code = command.querySelector('code');
    const button = element('button', { type: 'button', className: 'quiet', textContent: 'Copy' });
    button.addEventListener('click', async () => {
      button.textContent = await copy(code.textContent, code) ? 'Copied' : 'Press Ctrl+C';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
    command.append(button);
  }
}

/* ---- the difference of two runs: see trends.c for the data ---- */

function setUpBetween(data) {
  const form = document.getElementById('between-form'), list = document.getElementById('between-list');
  const LIMIT = 500;
  /* The verdict after a run: that of the last step at or before it. */
  const after = (steps, run) => steps.reduce((found, [at, verdict]) => (at <= run ? verdict : found), -1);
  const side = (verdict) => {
    const [name, outcome] = verdict < 0 ? ['not there', 'neutral'] : data.verdicts[verdict];
    return element('span', { className: 'verdict ' + outcome, textContent: `${SIGNS[outcome]} ${name}` });
  };
  const show = () => {
    const from = Number(form.elements.from.value), to = Number(form.elements.to.value);
    const changed = data.rows.filter(([, , , steps]) => after(steps, from) !== after(steps, to));
    document.getElementById('between-found').textContent = changed.length === 1 ? '1 verdict differs' : `${changed.length} verdicts differ`;
    list.replaceChildren(...changed.slice(0, LIMIT).map(([id, page, backend, steps]) => element('li', {},
      side(after(steps, from)), ' → ', side(after(steps, to)), ' ', element('strong', { textContent: backend }), ' ',
      element('a', { href: page, textContent: id }))));
  };
  form.addEventListener('input', show);
  form.addEventListener('submit', (event) => event.preventDefault());
  show();
}

/* ---- the list of cases: see cases.c for the data ---- */

const ID = 0, PAGE = 1, PROPOSAL = 2, FORM = 3, SUMMARY = 4, REQUIREMENTS = 5, DTYPES = 6, VERDICTS = 7;
const VERDICT = 0, GRADE = 1, MESSAGE = 2;
const ROWS = 50;
const SIGNS = { good: '✓', bad: '✗', neutral: '–' };

class CaseList {
  constructor(data) {
    this.data = data;
    this.form = document.getElementById('filters');
    this.table = document.getElementById('cases');
    this.sort = { column: 'case', down: false };
    this.page = 0;
    /* Texts stand once in strings, however many cases have them: a word is looked up in each text once. */
    this.ids = data.cases.map((c) => c[ID].toLowerCase());
    this.texts = data.strings.map((text) => text.toLowerCase());
    this.own = data.cases.map((c) => [c[SUMMARY], ...c[REQUIREMENTS], ...c[DTYPES], ...c[VERDICTS].map((v) => v[MESSAGE])]);
    this.head();
    this.fromAddress();
    this.form.addEventListener('input', () => this.changed());
    this.form.addEventListener('submit', (event) => event.preventDefault());
    this.form.addEventListener('reset', () => setTimeout(() => this.changed()));
    addEventListener('hashchange', () => { this.fromAddress(); this.show(); });
    this.show();
  }

  fromAddress() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    for (const control of this.form.elements)
      if (control.name) control.value = wanted.get(control.name) ?? '';
    this.page = 0;
  }

  changed() {
    const address = new URLSearchParams();
    for (const control of this.form.elements)
      if (control.name && control.value) address.set(control.name, control.value);
    history.replaceState(null, '', address.size ? '#' + address : location.pathname.replace(/.*\//, ''));
    this.page = 0;
    this.show();
  }

  head() {
    const columns = [['case', 'Case'], ['form', 'Form'], ...this.data.backends.map((name, i) => [i, name])];
    this.heads = columns.map(([column, label]) => {
      const button = element('button', { type: 'button', textContent: label });
      const head = element('th', { scope: 'col' }, button);
      button.addEventListener('click', () => {
        this.sort = { column, down: this.sort.column === column && !this.sort.down };
        this.page = 0;
        this.show();
      });
      head.column = column;
      return head;
    });
    this.table.tHead.rows[0].append(...this.heads);
  }

  /* A predicate for the verdict filter over the verdicts looked at. */
  verdictFilter(wanted) {
    const { verdicts } = this.data;
    if (wanted === 'differ')
      return (list) => list.some((v) => verdicts[v[VERDICT]][1] !== verdicts[list[0][VERDICT]][1]);
    if (wanted in SIGNS) return (list) => list.some((v) => verdicts[v[VERDICT]][1] === wanted);
    const number = verdicts.findIndex(([name]) => name === wanted);
    return (list) => list.some((v) => v[VERDICT] === number);
  }

  matching() {
    const value = (name) => this.form.elements[name].value;
    const { cases, strings, backends } = this.data;
    const words = value('q').toLowerCase().split(/\s+/).filter(Boolean)
      .map((word) => ({ word, hits: this.texts.map((text) => text.includes(word)) }));
    const at = (name) => value(name) && strings.indexOf(value(name));
    const proposal = at('proposal'), requirement = at('requirement'), form = at('form');
    const backend = backends.indexOf(value('backend'));
    const verdict = value('verdict') && this.verdictFilter(value('verdict'));
    const found = [];
    for (let i = 0; i < cases.length; i++) {
      const c = cases[i];
      if (proposal !== '' && c[PROPOSAL] !== proposal) continue;
      if (form !== '' && c[FORM] !== form) continue;
      if (requirement !== '' && !c[REQUIREMENTS].includes(requirement)) continue;
      if (verdict && !verdict(backend < 0 || value('verdict') === 'differ' ? c[VERDICTS] : [c[VERDICTS][backend]])) continue;
      if (!words.every(({ word, hits }) => this.ids[i].includes(word) || this.own[i].some((text) => hits[text]))) continue;
      found.push(i);
    }
    return found;
  }

  sorted(found) {
    const { cases, strings } = this.data;
    const { column, down } = this.sort;
    /* Cases come sorted by id, and sorting is stable. */
    if (column === 'form') found.sort((a, b) => strings[cases[a][FORM]].localeCompare(strings[cases[b][FORM]], 'en'));
    else if (column !== 'case')
      found.sort((a, b) => cases[a][VERDICTS][column][VERDICT] - cases[b][VERDICTS][column][VERDICT]);
    return down ? found.reverse() : found;
  }

  row(c) {
    const { strings, verdicts, backends, marks } = this.data;
    const row = element('tr', {},
      element('td', { className: 'name' }, element('a', { href: c[PAGE], textContent: c[ID] }),
        element('small', { textContent: strings[c[SUMMARY]] })),
      element('td', { textContent: strings[c[FORM]] }));
    c[VERDICTS].forEach((v, i) => {
      const [name, outcome, meaning] = verdicts[v[VERDICT]];
      const label = { className: 'verdict ' + outcome, title: strings[v[MESSAGE]] || meaning, textContent: `${SIGNS[outcome]} ${name}` };
      const cell = element('td', {},
        outcome === 'bad' ? element('a', { ...label, href: `${c[PAGE]}#${marks[i]}` }) : element('span', label));
      if (v[GRADE]) cell.append(element('span', { className: 'grade', textContent: v[GRADE] }));
      cell.dataset.label = backends[i];
      row.append(cell);
    });
    return row;
  }

  show() {
    const found = this.sorted(this.matching());
    const pages = Math.max(1, Math.ceil(found.length / ROWS));
    this.page = Math.min(this.page, pages - 1);
    for (const head of this.heads) {
      if (head.column === this.sort.column) head.setAttribute('aria-sort', this.sort.down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
    document.getElementById('found').textContent = `${found.length} of ${this.data.cases.length} cases`;
    this.table.tBodies[0].replaceChildren(
      ...found.slice(this.page * ROWS, (this.page + 1) * ROWS).map((i) => this.row(this.data.cases[i])));
    this.showPages(pages);
  }

  showPages(pages) {
    const turn = (label, by) => {
      const button = element('button', { type: 'button', textContent: label, disabled: this.page + by < 0 || this.page + by >= pages });
      button.addEventListener('click', () => { this.page += by; this.show(); this.table.scrollIntoView(); });
      return button;
    };
    document.getElementById('pages').replaceChildren(
      ...(pages > 1 ? [turn('Previous', -1), `page ${this.page + 1} of ${pages}`, turn('Next', 1)] : []));
  }
}

addEventListener('DOMContentLoaded', () => {
  setUpTheme();
  setUpCopying();
  const data = document.getElementById('data');
  if (data) new CaseList(JSON.parse(data.textContent));
  const past = document.getElementById('history');
  if (past) setUpBetween(JSON.parse(past.textContent));
});
