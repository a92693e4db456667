/* Progressive comfort for the desk: every page works without this file.
   Nothing typed is ever kept in browser storage. */
(function () {
  "use strict";
  var doc = document;
  var BUSY_AFTER_MS = 300;
  var RELEASE_AFTER_MS = 8000; // a POST that answers with a file leaves the page standing

  function words() {
    var meta = doc.querySelector('meta[name="linli-words"]');
    try { return meta ? JSON.parse(meta.content) : {}; } catch (error) { return {}; }
  }
  function isTyping(element) {
    return /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable;
  }

  /* ---- Keys: Ctrl-K searches and Escape closes; those of one sign (?, /, j, k, n, p, g and a
     place, digits) can be switched off; /desk/keys/ tells them all ---- */
  var GO_WITHIN_MS = 1500;
  var goUntil = 0;
  function walk(step) {
    var rows = Array.prototype.filter.call(doc.querySelectorAll("[data-nav-row]"), function (row) {
      return row.offsetParent !== null;
    });
    var here = doc.activeElement.closest ? doc.activeElement.closest("[data-nav-row]") : null;
    var at = rows.indexOf(here);
    var row = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step];
    var target = row && row.querySelector("a[href], button");
    if (target) {
      target.focus();
      row.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }
  function closeMenus(except) {
    doc.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!except || !menu.contains(except)) {
        menu.open = false;
      }
    });
    var list = doc.querySelector(".search__list");
    if (list && !(except && list.parentNode.contains(except))) { list.textContent = ""; }
  }
  function press(selector, at) {
    var target = doc.querySelectorAll(selector)[at || 0];
    if (target) { target.click(); }
    return Boolean(target);
  }
  /* Verbs are only gone to, so that no single key does anything that stays. */
  function reach(at) {
    var verbs = Array.prototype.filter.call(doc.querySelectorAll(".head > .verbs .btn"), function (one) {
      return one.offsetParent !== null;
    });
    if (verbs[at]) { verbs[at].focus(); }
    return Boolean(verbs[at]);
  }
  function sheet() {
    var link = doc.querySelector("[data-keys-sheet]");
    var dialog = doc.createElement("dialog");
    if (!link || doc.querySelector("dialog[open]")) { return; }
    if (!dialog.showModal) { link.click(); return; }
    fetch(link.href + "?from=" + encodeURIComponent(location.pathname + location.search), {
      headers: { "HX-Request": "true" }
    }).then(function (answer) { return answer.ok ? answer.text() : ""; }).then(function (text) {
      var keys = new DOMParser().parseFromString(text, "text/html").getElementById("keys");
      if (!keys || doc.querySelector("dialog[open]")) { return; }
      var close = doc.createElement("button");
      close.className = "btn";
      close.textContent = W.close;
      close.addEventListener("click", function () { dialog.close(); });
      dialog.className = "sheet";
      dialog.setAttribute("aria-label", link.textContent.trim());
      dialog.appendChild(close);
      dialog.appendChild(keys);
      dialog.addEventListener("close", function () { dialog.remove(); });
      doc.body.appendChild(dialog);
      dialog.showModal();
    }).catch(function () { link.click(); });
  }
  /* What a key of one sign does; true when it did something. */
  function single(key) {
    var going = Date.now() < goUntil;
    goUntil = 0;
    if (going && /^[a-z]$/.test(key)) { return press('[data-go="' + key + '"]'); }
    switch (key) {
    case "g": goUntil = Date.now() + GO_WITHIN_MS; return true;
    case "?": sheet(); return true;
    case "j": walk(1); return true;
    case "k": walk(-1); return true;
    case "n": return press(".pager [rel=next]");
    case "p": return press(".pager [rel=prev]");
    default: return /^[1-9]$/.test(key) && reach(Number(key) - 1);
    }
  }
  doc.addEventListener("keydown", function (event) {
    var search = doc.querySelector("[data-search]");
    var isSearchKey = (event.key === "k" || event.key === "K") && (event.ctrlKey || event.metaKey);
    if (isSearchKey && search) {
      event.preventDefault();
      search.focus();
      search.select();
      return;
    }
    if (event.key === "Escape" && !event.defaultPrevented) {
      var open = doc.querySelector("details.menu[open] > summary");
      closeMenus();
      if (open) { open.focus(); }
      if (doc.activeElement === search) { search.blur(); }
      return;
    }
    if (event.key === "ArrowDown" && doc.activeElement === search) {
      var hit = doc.querySelector(".search__list a");
      if (hit) {
        event.preventDefault();
        hit.focus();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) { return; }
    if (doc.documentElement.dataset.keys === "off" || doc.querySelector("dialog[open]")) { return; }
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
    } else if (single(event.key)) {
      event.preventDefault();
    }
  });
  doc.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("[data-keys-sheet]");
    closeMenus(link ? null : event.target);
    if (link && event.isTrusted && "showModal" in doc.createElement("dialog")) {
      event.preventDefault();
      sheet();
    }
  });

  /* ---- Sent once, and a sign after 300 ms ---- */
  function release(form) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
    form.querySelectorAll(".is-busy").forEach(function (button) { button.classList.remove("is-busy"); });
  }
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    delete form.dataset.dirty;
    if (form.method !== "post") { return; }
    form.dataset.sent = "1";
    var button = event.submitter || form.querySelector('button:not([type="button"])');
    setTimeout(function () {
      if (form.dataset.sent && button) {
        button.classList.add("is-busy");
        form.setAttribute("aria-busy", "true");
      }
    }, BUSY_AFTER_MS);
    setTimeout(function () { release(form); }, RELEASE_AFTER_MS);
  }, true);
  addEventListener("pageshow", function () { doc.querySelectorAll("form[data-sent]").forEach(release); });

  /* ---- Do not lose what was typed: warn, never store ---- */
  doc.addEventListener("input", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-guard")) { form.dataset.dirty = "1"; }
  });
  addEventListener("beforeunload", function (event) {
    if (doc.querySelector("form[data-dirty]")) {
      event.preventDefault();
      event.returnValue = "";
    }
  });

  /* ---- Names of areas while one types: a combobox with a list (WAI-ARIA 1.2) ----
     Without this file the same words are typed in full and looked up when the form is sent. */
  var SEARCH_AFTER_MS = 200;
  var lists = 0;
  function combobox(input) {
    var list = doc.createElement("ul");
    var status = doc.createElement("span");
    var timer, asked = 0, at = -1;
    list.className = "combo__list";
    list.id = "areas-" + (lists += 1);
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.labels && input.labels.length ? input.labels[0].textContent : "");
    list.hidden = true;
    status.className = "vh";
    status.setAttribute("role", "status");
    input.removeAttribute("list");
    [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-haspopup", "listbox"],
      ["aria-controls", list.id], ["aria-expanded", "false"], ["autocomplete", "off"]
    ].forEach(function (pair) { input.setAttribute(pair[0], pair[1]); });
    input.parentNode.insertBefore(list, input.nextSibling);
    input.parentNode.insertBefore(status, list.nextSibling);
    input.parentNode.classList.add("combo");

    function options() { return list.children; }
    function close() {
      clearTimeout(timer);
      asked += 1; // an answer on its way is too late
      at = -1;
      list.hidden = true;
      list.textContent = "";
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
    function mark(index) {
      if (at >= 0 && options()[at]) { options()[at].setAttribute("aria-selected", "false"); }
      at = index;
      options()[at].setAttribute("aria-selected", "true");
      options()[at].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options()[at].id);
    }
    function choose(option) {
      input.value = option.textContent;
      close();
      status.textContent = "";
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    function show(text) {
      var found = new DOMParser().parseFromString(text, "text/html").querySelectorAll("option");
      close();
      Array.prototype.forEach.call(found, function (one, index) {
        var option = doc.createElement("li");
        option.id = list.id + "-" + index;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = one.value;
        list.appendChild(option);
      });
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", found.length ? "true" : "false");
      status.textContent = found.length ? fill(W.places, { n: found.length }) : W.nowhere;
    }
    function look() {
      var text = input.value.trim();
      close();
      if (!text) { return; }
      var mine = asked;
      timer = setTimeout(function () {
        fetch(input.dataset.areaSearch + "&q=" + encodeURIComponent(text)).then(function (answer) {
          return answer.ok ? answer.text() : "";
        }).then(function (answer) {
          if (mine === asked && doc.activeElement === input) { show(answer); }
        }).catch(function () { /* what is typed can be sent as it is */ });
      }, SEARCH_AFTER_MS);
    }
    input.addEventListener("input", function (event) { if (!event.isComposing) { look(); } });
    input.addEventListener("compositionend", look);
    input.addEventListener("blur", close);
    input.addEventListener("keydown", function (event) {
      var count = options().length;
      if (event.isComposing || event.ctrlKey || event.metaKey) { return; }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) { look(); return; }
        mark(event.key === "ArrowDown" ? (at + 1) % count : (at <= 0 ? count : at) - 1);
      } else if (event.key === "Enter" && at >= 0) {
        event.preventDefault();
        choose(options()[at]);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      }
    });
    // The field keeps the focus while an option is pressed.
    list.addEventListener("mousedown", function (event) { event.preventDefault(); });
    list.addEventListener("click", function (event) {
      var option = event.target.closest("[role=option]");
      if (option) { choose(option); }
    });
  }
  doc.addEventListener("focusin", function (event) {
    var input = event.target;
    if (input.dataset && input.dataset.areaSearch && !input.hasAttribute("aria-controls")) { combobox(input); }
  });

  /* ---- Clocks: minutes matter only within a day of the due time ---- */
  var W = words();
  function fill(pattern, values) {
    return pattern.replace(/\{(\w+)\}/g, function (_, name) { return values[name]; });
  }
  function span(minutes) {
    if (minutes < 60) { return fill(W.minutes, { n: Math.max(1, Math.round(minutes)) }); }
    return fill(W.hours, { n: Math.round(minutes / 60) });
  }
  function tick() {
    if (!W.due) { return; }
    doc.querySelectorAll("[data-due]").forEach(function (text) {
      var due = Date.parse(text.dataset.due);
      var minutes = (due - Date.now()) / 60000;
      if (isNaN(due) || Math.abs(minutes) >= 1440) { return; }
      var pattern = minutes > 0 ? W.due : W.over;
      var sentence = fill(pattern, { left: span(Math.abs(minutes)), by: text.dataset.by });
      if (text.textContent !== sentence) { text.textContent = sentence; }
      var clock = text.closest(".clock");
      if (clock && minutes <= 0) {
        clock.classList.remove("clock--ok", "clock--soon");
        clock.classList.add("clock--over");
      }
      var bar = clock && clock.querySelector("progress");
      var start = Date.parse(text.dataset.start);
      if (bar && !isNaN(start) && due > start) {
        bar.value = Math.min(100, Math.max(0, 100 * (Date.now() - start) / (due - start)));
      }
    });
  }
  setInterval(tick, 30000);

  /* ---- htmx: release guarded forms, say when something failed ---- */
  // What a page asks for by itself does not keep a session alive.
  doc.addEventListener("htmx:configRequest", function (event) {
    if (!event.detail.triggeringEvent) { event.detail.headers["X-Linli-Idle"] = "1"; }
  });
  doc.addEventListener("htmx:afterRequest", function (event) {
    var form = event.target.closest && event.target.closest("form");
    if (form) { release(form); }
    if (event.detail.successful) { showFailure(false); }
  });
  function showFailure(isShown) {
    var failed = doc.getElementById("failed");
    if (failed) {
      failed.hidden = !isShown;
      if (isShown) { failed.scrollIntoView({ block: "center" }); }
    }
  }
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach(function (name) {
    doc.addEventListener(name, function () { showFailure(true); });
  });
  doc.addEventListener("htmx:afterSettle", tick);
})();
