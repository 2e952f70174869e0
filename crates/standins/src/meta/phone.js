// The phone page: shows one person's conversation, and sends what they write, tap, attach and record.

"use strict";

const $ = (id) => document.getElementById(id);
const thread = $("thread");
const text = $("text");
const sheet = $("sheet");
const file = $("file");

let person = null;
let next = 0;
/** Ends the request for news of the person played before. */
let listening = new AbortController();

// Requests to the server.

async function post(path, body) {
  const json = !(body instanceof FormData);
  const options = { method: "POST", body: json ? JSON.stringify(body) : body };
  if (json) options.headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch(path, options);
    if (answer.status === 413) notice("El archivo es demasiado grande.");
    else if (!answer.ok) notice("No se pudo enviar.");
    return answer.ok ? answer : null;
  } catch {
    notice("No hay conexión con la demostración.");
    return null;
  }
}

async function another() {
  const answer = await post("/phone/person", {});
  if (answer) play((await answer.json()).person);
}

/** Shows this person's phone. */
function play(who) {
  person = who;
  next = 0;
  sessionStorage.setItem("person", who);
  thread.replaceChildren();
  listening.abort();
  listening = new AbortController();
  listen(who, listening.signal);
  text.focus();
}

async function listen(who, signal) {
  while (!signal.aborted) {
    try {
      const answer = await fetch(`/phone/messages?person=${who}&after=${next}`, { signal });
      if (answer.status === 404) return another();
      const news = await answer.json();
      if (signal.aborted) return;
      next = news.next;
      show(news);
    } catch {
      if (signal.aborted) return;
      $("presence").textContent = "sin conexión";
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

// The view.

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function notice(words) {
  $("notice").textContent = words;
  $("notice").hidden = !words;
}

function show(news) {
  $("institution").textContent = news.institution;
  $("presence").textContent = news.typing ? "escribiendo…" : "en línea";
  const names = news.people.map((one) => `${one.name} · ${one.number}`);
  if (names.join() !== [...$("people").options].map((one) => one.text).join()) {
    $("people").replaceChildren(...names.map((name, index) => new Option(name, index)));
  }
  $("people").value = person;
  const chosen = new Map();
  for (const bubble of news.bubbles) if (bubble.answers) chosen.set(bubble.answers, bubble.text);
  if (news.bubbles.length === 0) {
    thread.replaceChildren(element("li", { className: "empty", textContent: "Escriba «hola» para comenzar." }));
    return;
  }
  // Nothing of another conversation stays: neither the invitation, nor what was there before a restart.
  if (thread.firstElementChild?.dataset.wamid !== news.bubbles[0].wamid) thread.replaceChildren();
  const before = thread.children.length;
  news.bubbles.forEach((bubble, index) => {
    const line = thread.children[index] ?? thread.appendChild(draw(bubble));
    const ticks = line.querySelector(".ticks");
    if (ticks) mark(ticks, bubble.state);
    // An answered question keeps its buttons, but they are done.
    if (bubble.kind === "button" && chosen.has(bubble.wamid)) {
      for (const button of line.querySelectorAll(".replies button")) {
        button.disabled = true;
        button.classList.toggle("chosen", button.textContent === chosen.get(bubble.wamid));
      }
    }
  });
  if (thread.children.length > before) toEnd();
}

function toEnd() {
  thread.scrollTop = thread.scrollHeight;
}

function mark(ticks, state) {
  const signs = { waiting: ["◷", "por entregar"], taken: ["✓✓", "entregado"], read: ["✓✓", "leído"] };
  const [sign, words] = signs[state];
  ticks.textContent = sign;
  ticks.title = words;
  ticks.setAttribute("aria-label", words);
  ticks.classList.toggle("read", state === "read");
}

function draw(bubble) {
  const box = element("div", { className: "bubble" });
  if (bubble.header) box.append(element("p", { className: "head", textContent: bubble.header }));
  if (bubble.medium) box.append(drawFile(bubble));
  const words = bubble.kind === "template" ? `${bubble.template}: ${bubble.text}` : bubble.text;
  if (words) box.append(element("p", {}, ...formatted(words)));
  if (bubble.footer) box.append(element("p", { className: "foot", textContent: bubble.footer }));
  const time = new Date(bubble.at * 1000).toLocaleTimeString("es-EC", { hour: "2-digit", minute: "2-digit" });
  const meta = element("div", { className: "meta" }, time);
  if (bubble.mine) meta.append(" ", element("span", { className: "ticks", role: "img" }));
  box.append(meta);
  const line = element("li", { className: bubble.mine ? "mine" : "" }, box);
  line.dataset.wamid = bubble.wamid;
  if (bubble.buttons.length > 0) {
    const buttons = bubble.buttons.map(([id, title]) =>
      element("button", { type: "button", textContent: title, onclick: () => tap(bubble.wamid, id) }),
    );
    line.append(element("div", { className: "replies" }, ...buttons));
  }
  if (bubble.opener) {
    const opener = element("button", { type: "button", className: "opener", textContent: bubble.opener });
    opener.onclick = () => openRows(bubble);
    line.append(element("div", { className: "replies" }, opener));
  }
  return line;
}

function drawFile(bubble) {
  const src = `/phone/media/${bubble.medium}`;
  if (bubble.kind === "image") return element("img", { src, alt: "Foto enviada", onload: toEnd });
  if (bubble.kind === "video") return element("video", { src, controls: true });
  if (bubble.kind === "audio") return element("audio", { src, controls: true });
  return element("a", { className: "paper", href: src, download: bubble.filename }, `▤ ${bubble.filename}`);
}

/** *bold*, _italic_, ~struck~ and addresses, as nodes. */
function formatted(words) {
  const marks = { "*": "strong", _: "em", "~": "s" };
  const pattern = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])|(?<![\p{L}\p{N}])([*_~])(?=\S)(.+?)(?<=\S)\2(?![\p{L}\p{N}])/gu;
  const nodes = [];
  let last = 0;
  for (const found of words.matchAll(pattern)) {
    nodes.push(words.slice(last, found.index));
    const [whole, address, sign, inner] = found;
    if (address) {
      nodes.push(element("a", { href: address, target: "_blank", rel: "noopener", textContent: address }));
    } else {
      nodes.push(element(marks[sign], {}, ...formatted(inner)));
    }
    last = found.index + whole.length;
  }
  nodes.push(words.slice(last));
  return nodes;
}

// Taps.

function tap(wamid, id) {
  notice("");
  return post("/phone/tap", { person, wamid, id });
}

function openSheet(title, ...content) {
  $("sheet-title").textContent = title;
  $("rows").replaceChildren(...content);
  sheet.showModal();
  sheet.scrollTop = 0;
}

function row(title, description, act) {
  const button = element("button", { type: "button" }, title);
  if (description) button.append(element("small", { textContent: description }));
  button.onclick = () => {
    sheet.close();
    act();
  };
  return button;
}

function openRows(bubble) {
  const content = [];
  let index = 0;
  for (const [title, count] of bubble.sections) {
    if (title) content.push(element("h3", { textContent: title }));
    for (const [id, name, description] of bubble.rows.slice(index, index + count)) {
      content.push(row(name, description, () => tap(bubble.wamid, id)));
    }
    index += count;
  }
  openSheet(bubble.opener, ...content);
}

// Writing.

function adjust() {
  const empty = text.value.trim() === "";
  $("send").hidden = empty;
  $("voice").hidden = !empty;
}

async function say() {
  const words = text.value.trim();
  if (!words) return;
  text.value = "";
  adjust();
  notice("");
  if (!(await post("/phone/say", { person, text: words }))) {
    text.value = words;
    adjust();
  }
}

// Files.

async function sendFile(chosen, name, voice) {
  notice("");
  const caption = voice ? "" : text.value.trim();
  const form = new FormData();
  form.append("person", person);
  form.append("caption", caption);
  form.append("voice", String(voice));
  form.append("file", chosen, name);
  if ((await post("/phone/media", form)) && caption) {
    text.value = "";
    adjust();
  }
}

function pick(accept, then) {
  file.accept = accept;
  file.value = "";
  file.onchange = () => file.files[0] && then(file.files[0]);
  file.click();
}

/** Phones send photos as JPEG and make large ones smaller. */
async function sendPhoto(chosen) {
  let photo = chosen;
  if (!["image/jpeg", "image/png"].includes(chosen.type) || chosen.size > 5 * 1024 * 1024) {
    try {
      const image = await createImageBitmap(chosen);
      const scale = Math.min(1, 2048 / Math.max(image.width, image.height));
      const canvas = element("canvas", { width: image.width * scale, height: image.height * scale });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      photo = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
    } catch {
      notice("Este navegador no puede abrir esa foto.");
      return;
    }
  }
  sendFile(photo, "foto.jpg", false);
}

function attach() {
  openSheet(
    "Adjuntar",
    row("Foto", "JPEG o PNG", () => pick("image/*", sendPhoto)),
    row("Documento", "PDF u otro archivo, hasta 100 MB", () => pick("", (chosen) => sendFile(chosen, chosen.name, false))),
  );
}

// Voice notes: Ogg where the browser records it, as phones do; else as another kind of file.

let recorder = null;

async function record() {
  notice("");
  const kinds = ["audio/ogg;codecs=opus", "audio/mp4", "audio/webm;codecs=opus"];
  const mimeType = globalThis.MediaRecorder && kinds.find((kind) => MediaRecorder.isTypeSupported(kind));
  let stream = null;
  try {
    if (mimeType) stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    // No microphone, or not allowed: a file will do.
  }
  if (!stream) {
    notice("No hay micrófono: elija un archivo de audio.");
    pick("audio/*", (chosen) => sendFile(chosen, chosen.name, chosen.type.startsWith("audio/ogg")));
    return;
  }
  const pieces = [];
  recorder = new MediaRecorder(stream, { mimeType });
  recorder.keep = true;
  recorder.ondataavailable = (event) => pieces.push(event.data);
  const began = Date.now();
  const clock = setInterval(() => {
    const seconds = Math.floor((Date.now() - began) / 1000);
    $("seconds").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }, 250);
  recorder.onstop = () => {
    clearInterval(clock);
    for (const track of stream.getTracks()) track.stop();
    recording(false);
    if (!recorder.keep) return;
    const kind = mimeType.split(";")[0];
    sendFile(new Blob(pieces, { type: kind }), `nota-de-voz.${kind.split("/")[1]}`, kind === "audio/ogg");
  };
  recorder.start();
  $("seconds").textContent = "0:00";
  recording(true);
}

function recording(now) {
  $("compose").hidden = now;
  $("recording").hidden = !now;
  (now ? $("finish") : text).focus();
}

function stop(keep) {
  recorder.keep = keep;
  recorder.stop();
}

$("compose").onsubmit = (event) => {
  event.preventDefault();
  say();
};
text.oninput = adjust;
text.onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    say();
  }
};
$("attach").onclick = attach;
$("voice").onclick = record;
$("finish").onclick = () => stop(true);
$("discard").onclick = () => stop(false);
$("close").onclick = () => sheet.close();
sheet.onclick = (event) => event.target === sheet && sheet.close();
$("another").onclick = another;
$("people").onchange = () => play(Number($("people").value));

const played = sessionStorage.getItem("person");
if (played === null) another();
else play(Number(played));
