// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// chat: the page's half of ws_chat.
//
// What others wrote is only ever the text of an element, never markup.

const maxEntries = 500;        // in the log; older ones are dropped
const firstDelay = 500;        // of a reconnect, in milliseconds; then doubled
const longestDelay = 15_000;

const $ = (id) => document.getElementById(id);
const root = document.documentElement;
const startTitle = document.title;

let wanted = null;             // {name, room} from the form, once in
let ownName = '';              // what the server made of it
let socket = null;
let members = new Set();
let failures = 0;              // of connecting, in a row
let nextTry = 0;               // when; in milliseconds, as Date.now
let timer = 0;
let lastSpeaker = null;
let unread = 0;
let isFollowing = true;        // the log is scrolled to its end, and stays so

// --- Elements ---------------------------------------------------------------

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// The name is set apart from what is around it, whichever way it is written.
function nameElement(name) {
  return element('bdi', '', name);
}

function face(name) {
  let hash = 7;
  for (const character of name) {
    hash = (hash * 31 + character.codePointAt(0)) % 360;
  }
  const made = element('span', 'face', [...name][0].toUpperCase());
  made.style.setProperty('--hue', hash);
  made.setAttribute('aria-hidden', 'true');
  return made;
}

// --- The log ----------------------------------------------------------------

function scrollToEnd() {
  isFollowing = true;
  $('scroll').scrollTop = $('scroll').scrollHeight;
  $('newer').hidden = true;
}

function noteScroll() {
  const box = $('scroll');
  isFollowing = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  if (isFollowing) $('newer').hidden = true;
}

function append(entry, isOwn) {
  const log = $('log');
  log.append(entry);
  while (log.childElementCount > maxEntries) log.firstElementChild.remove();
  if (isFollowing || isOwn) {
    scrollToEnd();
  } else {
    $('newer').hidden = false;
  }
}

function notice(...parts) {
  const entry = element('li', 'notice');
  entry.append(...parts);
  lastSpeaker = null;
  append(entry, false);
}

function showMessage(name, text) {
  const isOwn = name === ownName;
  const entry = element('li', isOwn ? 'message own' : 'message');
  if (name === lastSpeaker) entry.classList.add('follows');
  lastSpeaker = name;
  const by = element('div', 'by');
  const now = new Date();
  const time = element('time', '', now.toLocaleTimeString(
      [], {hour: 'numeric', minute: '2-digit'}));
  time.dateTime = now.toISOString();
  by.append(nameElement(name), time);
  const bubble = element('div', 'bubble', text);
  bubble.dir = 'auto';
  if (!isOwn) entry.append(face(name));
  entry.append(by, bubble);
  append(entry, isOwn);
  if (document.hidden && !isOwn) ++unread;
}

// --- What is known ----------------------------------------------------------

function showMembers(count) {
  $('count').textContent = `${count} here`;
  $('names').replaceChildren(...[...members].map((name) => {
    const entry = element('li');
    entry.append(face(name), nameElement(name));
    if (name === ownName) entry.append(element('span', '', '(you)'));
    return entry;
  }));
}

function showTitle() {
  const title = wanted ? `#${wanted.room}` : startTitle;
  document.title = unread > 0 ? `(${unread}) ${title}` : title;
}

function isOpen() {
  return socket !== null && socket.readyState === WebSocket.OPEN &&
      ownName !== '';
}

function showState() {
  const isLost = !isOpen() && failures > 0;
  $('chat').classList.toggle('offline', !isOpen());
  $('lost').hidden = !isLost;
  $('send').disabled = !isOpen() || $('text').value.trim() === '';
  if (!isLost) return;
  const seconds = Math.ceil((nextTry - Date.now()) / 1000);
  $('lost-text').textContent = seconds > 0 ?
      `Connection lost. Next try in ${seconds} s` : 'Connecting…';
}

// --- The socket -------------------------------------------------------------

function connect() {
  clearTimeout(timer);
  nextTry = 0;
  const url = new URL('socket', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  const mine = new WebSocket(url);
  socket = mine;
  mine.onopen = () => {
    mine.send(JSON.stringify({type: 'join', ...wanted}));
  };
  mine.onmessage = (event) => {
    if (mine === socket) receive(JSON.parse(event.data));
  };
  mine.onclose = (event) => {
    if (mine === socket) tryLater(event.reason);
  };
  showState();
}

function tryLater(reason) {
  if (ownName !== '') notice('Disconnected');
  if (reason !== '') notice(`The server says: ${reason}`);
  socket = null;
  ownName = '';
  // Spread out, so that not everyone comes back at the same moment.
  const delay = Math.min(longestDelay, firstDelay * 2 ** failures) *
      (0.75 + Math.random() / 2);
  ++failures;
  nextTry = Date.now() + delay;
  timer = setTimeout(connect, delay);
  showState();
}

function tryNow() {
  if (wanted !== null && socket === null) connect();
}

function receive(message) {
  const {type, name, text, count} = message;
  if (type === 'welcome') {
    ownName = name;
    failures = 0;
    members = new Set(message.members);
    notice('You are in as ', nameElement(name));
  } else if (type === 'join') {
    members.add(name);
    notice(nameElement(name), ' came in');
  } else if (type === 'leave') {
    members.delete(name);
    notice(nameElement(name), ' left');
  } else if (type === 'say') {
    showMessage(name, text);
  }
  if (count !== undefined) showMembers(count);
  showState();
  showTitle();
}

// --- What the user does -----------------------------------------------------

function enter(event) {
  event.preventDefault();
  const name = $('name').value.trim();
  const room = $('room').value.trim();
  if (name === '' || room === '') return;
  wanted = {name, room};
  failures = 0;
  store('name', name);
  history.replaceState(null, '', '#' + encodeURIComponent(room));
  $('entry').hidden = true;
  $('chat').hidden = false;
  $('title').textContent = room;
  $('count').textContent = '…';
  $('log').replaceChildren();
  lastSpeaker = null;
  showTitle();
  connect();
  $('text').focus();
}

function leave() {
  clearTimeout(timer);
  const old = socket;
  socket = null;
  if (old !== null) old.close(1000);
  wanted = null;
  ownName = '';
  $('people').open = false;
  $('chat').hidden = true;
  $('entry').hidden = false;
  showTitle();
  $('name').focus();
}

function say(event) {
  event.preventDefault();
  const text = $('text').value.trim();
  if (text === '' || !isOpen()) return;
  socket.send(JSON.stringify({type: 'say', text}));
  $('text').value = '';
  fitText();
  $('text').focus();
}

function fitText() {
  const box = $('text');
  box.style.height = 'auto';
  box.style.height = `${box.scrollHeight + 2}px`;
  showState();
}

// --- Day and night ----------------------------------------------------------

const prefersDark = matchMedia('(prefers-color-scheme: dark)');

function isDark() {
  return root.dataset.theme ? root.dataset.theme === 'dark' :
      prefersDark.matches;
}

function showTheme() {
  $('theme').setAttribute('aria-pressed', String(isDark()));
}

// A browser may refuse to keep anything; then nothing is kept.
function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // as said
  }
}

function stored(key) {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

// --- Begin ------------------------------------------------------------------

function roomOfAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

const theme = stored('theme');
if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;
showTheme();
prefersDark.addEventListener('change', showTheme);
$('theme').addEventListener('click', () => {
  root.dataset.theme = isDark() ? 'light' : 'dark';
  store('theme', root.dataset.theme);
  showTheme();
});

$('name').value = stored('name');
$('room').value = roomOfAddress() || 'lobby';
$('join').addEventListener('submit', enter);
$('leave').addEventListener('click', leave);
$('say').addEventListener('submit', say);
$('text').addEventListener('input', fitText);
$('text').addEventListener('keydown', (event) => {
  // Enter sends, unless it ends a composition; with shift it is a new line.
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    say(event);
  }
});
$('retry').addEventListener('click', tryNow);
$('newer').addEventListener('click', scrollToEnd);
$('scroll').addEventListener('scroll', noteScroll);
// A keyboard on the screen, or the line that tells of a loss, takes its room.
new ResizeObserver(() => {
  if (isFollowing) scrollToEnd();
}).observe($('scroll'));
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') $('people').open = false;
});
document.addEventListener('click', (event) => {
  if (!$('people').contains(event.target)) $('people').open = false;
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  unread = 0;
  showTitle();
  tryNow();
});
addEventListener('online', tryNow);
setInterval(() => {
  if (wanted !== null) showState();
}, 250);
