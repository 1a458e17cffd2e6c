"use strict";

// Loads the body of a live page again every few seconds. What the reader opened, marked or focused stays as it is.
function follow(body) {
  const interval = 3000;
  const button = document.getElementById("pause");
  const status = document.getElementById("status");
  let paused = false, tag = null, failed = false;

  button.hidden = false;
  status.textContent = "The page follows its files.";
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Resume updates" : "Pause updates";
    status.textContent = paused ? "Updates are paused." : "The page follows its files.";
  });

  async function look() {
    if (!paused && !document.hidden) {
      try {
        const address = new URL(location.href);
        address.searchParams.set("part", "1");
        const response = await fetch(address, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
        if (response.ok) {
          const html = await response.text();
          if (!paused) {
            tag = response.headers.get("ETag");
            replace(body, html);
          }
        }
        if (failed && (response.ok || response.status === 304)) {
          failed = false;
          status.textContent = "The page follows its files.";
        }
      } catch {
        if (!failed) {
          failed = true;
          status.textContent = "The dashboard does not answer; trying again.";
        }
      }
    }
    setTimeout(look, interval);
  }
  setTimeout(look, interval);
}

function replace(body, html) {
  const controls = "a[href], button, input, select, textarea, summary, [tabindex]";
  const keyOf = (element) => element.getAttribute("href") || element.value || element.textContent;
  const focused = body.contains(document.activeElement) ? document.activeElement : null;
  const focusKey = focused && keyOf(focused), focusTag = focused && focused.tagName;
  const marked = new Set([...body.querySelectorAll("input:checked")].map((i) => i.name + "\n" + i.value));
  const toggled = new Map([...body.querySelectorAll("details")].map((d, i) => [i, d.open]));
  const scrolled = [...body.querySelectorAll(".scroll")].map((s) => s.scrollLeft);

  body.innerHTML = html; // the server escapes all text, and its policy refuses scripts inside of pages

  body.querySelectorAll("input[type=checkbox]").forEach((i) => { i.checked = marked.has(i.name + "\n" + i.value); });
  body.querySelectorAll("details").forEach((d, i) => { if (toggled.has(i)) { d.open = toggled.get(i); } });
  body.querySelectorAll(".scroll").forEach((s, i) => { s.scrollLeft = scrolled[i] || 0; });
  if (focused) {
    const again = [...body.querySelectorAll(controls)].find((e) => e.tagName === focusTag && keyOf(e) === focusKey);
    if (again) { again.focus({ preventScroll: true }); }
  }
}

// Asks two models the same question and shows their answers token by token.
function play(form) {
  const sides = [...form.querySelectorAll("[data-side]")].map(side);
  const stop = form.elements.namedItem("stop");
  const ask = form.querySelector("button[type=submit]");
  let running = null;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    running = new AbortController();
    ask.disabled = true;
    stop.disabled = false;
    const text = form.elements.namedItem("document").value.trim();
    const question = form.elements.namedItem("question").value.trim();
    const request = {
      messages: [{ role: "user", content: text ? text + "\n\n" + question : question }],
      max_tokens: Number(form.elements.namedItem("tokens").value),
      temperature: Number(form.elements.namedItem("temperature").value),
      stream: true, stream_options: { include_usage: true }, logprobs: true, top_logprobs: 5, return_token_ids: true,
    };
    await Promise.all(sides.map((s) => s.answer(request, running.signal)));
    ask.disabled = false;
    stop.disabled = true;
  });
  stop.addEventListener("click", () => running && running.abort());
}

function side(element) {
  const model = element.querySelector("select");
  const answer = element.querySelector(".answer");
  const detail = element.querySelector("[data-token]");
  const usage = element.querySelector("[data-usage]");
  const heads = element.querySelector("[data-heads]");
  let tokens = [], selected = -1, ids = [], asked = null, looks = 0;

  function select(number) {
    if (tokens[selected]) { tokens[selected].span.classList.remove("selected"); }
    selected = Math.max(0, Math.min(number, tokens.length - 1));
    const token = tokens[selected];
    if (token) {
      token.span.classList.add("selected");
      detail.textContent = token.text;
    }
  }
  answer.addEventListener("mouseover", (event) => {
    const number = tokens.findIndex((t) => t.span === event.target);
    if (number >= 0) { select(number); }
  });
  answer.addEventListener("click", (event) => {
    const number = tokens.findIndex((t) => t.span === event.target);
    if (number >= 0) { look(number); }
  });
  answer.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && tokens[selected]) {
      event.preventDefault();
      look(selected);
    }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step && tokens.length) {
      event.preventDefault();
      select(selected + step);
    }
  });

  // Shows where the heads looked as a token was chosen.
  async function look(number) {
    if (number >= ids.length) {
      heads.textContent = "The tokens of the answer are known when it has ended.";
      return;
    }
    const current = ++looks; // a later one, or another question, replaces it
    heads.textContent = "Computing the answer again …";
    const chosen = element.closest("form").elements.namedItem("heads").value;
    try {
      const response = await fetch("/playground/heads", {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          model: asked.model, messages: asked.messages, answer_token_ids: ids.slice(0, number + 1),
          heads: chosen ? chosen.split(" ") : null,
        }),
      });
      const view = await response.json();
      if (!response.ok) { throw new Error(view.error.message); }
      if (current === looks) { show(view); }
    } catch (e) {
      if (current === looks) { heads.textContent = e.message; }
    }
  }

  function show(view) {
    const make = (name, text) => {
      const made = document.createElement(name);
      made.textContent = text || "";
      return made;
    };
    const copying = view.places.filter((p) => p.copies).reduce((n, p) => n + p.heads.length, 0);
    const list = document.createElement("ol");
    for (const place of view.places) {
      const item = make("li", `${place.heads.length} ${place.heads.length === 1 ? "head" : "heads"}${place.copies ? ", the same token" : ""}: … ${place.before}`);
      item.append(make("mark", place.token), `${place.after} … `, make("span", `(heads ${place.heads.slice(0, 12).join(", ")}${place.heads.length > 12 ? ", …" : ""})`));
      item.lastChild.className = "small";
      list.append(item);
    }
    heads.replaceChildren(make("p", `Where ${view.heads} heads looked as ${JSON.stringify(view.token)} was chosen; ${copying} of those shown copy it:`), list);
  }

  function add(entry) {
    const span = document.createElement("span");
    const share = (p) => (100 * Math.exp(p)).toFixed(1) + " %";
    span.className = entry.logprob < Math.log(0.5) ? "token low" : "token";
    span.textContent = entry.token;
    const others = (entry.top_logprobs || []).map((t) => JSON.stringify(t.token) + " " + share(t.logprob)).join(", ");
    tokens.push({ span, text: `${JSON.stringify(entry.token)}: log-probability ${entry.logprob.toFixed(3).replace("-0.000", "0.000")} (${share(entry.logprob)}). Likely here: ${others}.` });
    answer.append(span);
  }

  async function run(request, signal) {
    const started = performance.now();
    let first = 0, numbers = null;
    const response = await fetch("/v1/chat/completions", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...request, model: model.value }), signal,
    });
    if (!response.ok) {
      throw new Error((await response.json()).error.message);
    }
    await events(response.body, (data) => {
      if (data.error) { throw new Error(data.error.message); }
      if (data.usage) { numbers = data.usage; }
      for (const choice of data.choices || []) {
        first = first || performance.now();
        ids = ids.concat(choice.token_ids || []);
        for (const entry of (choice.logprobs && choice.logprobs.content) || []) { add(entry); }
      }
    });
    if (numbers) {
      const cached = (numbers.prompt_tokens_details || {}).cached_tokens || 0;
      const speed = numbers.completion_tokens / Math.max(0.001, (performance.now() - first) / 1000);
      usage.textContent = `${numbers.prompt_tokens} prompt tokens, ${cached} of them cached; first token after `
        + `${((first - started) / 1000).toFixed(2)} s, then ${numbers.completion_tokens} tokens at ${speed.toFixed(0)} per second.`;
    }
  }

  return {
    async answer(request, signal) {
      answer.textContent = detail.textContent = "";
      usage.textContent = "Reading the prompt …";
      [tokens, selected, ids] = [[], -1, []];
      heads.textContent = "";
      looks++;
      asked = { model: model.value, messages: request.messages };
      try {
        await run(request, signal);
      } catch (e) {
        usage.textContent = e.name === "AbortError" ? "Stopped." : e.message;
      }
    },
  };
}

// Reads server-sent events of JSON.
async function events(stream, receive) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) { return; }
    rest += value;
    const lines = rest.split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("data: ") && line !== "data: [DONE]") { receive(JSON.parse(line.slice(6))); }
    }
  }
}

const body = document.querySelector("[data-live]");
if (body) { follow(body); }
const playground = document.getElementById("playground");
if (playground) { play(playground); }
