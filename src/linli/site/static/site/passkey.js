/* Passkeys: asks the browser for one and puts its answer into the form. Where there is none to ask,
   the form stays hidden and everything else on the page works. */
(function () {
  "use strict";
  var doc = document;

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (one) { return one.charCodeAt(0); }).buffer;
  }
  function text(buffer) {
    var plain = "";
    new Uint8Array(buffer).forEach(function (one) { plain += String.fromCharCode(one); });
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function known(credentials) {
    return (credentials || []).map(function (one) {
      return Object.assign({}, one, { id: bytes(one.id) });
    });
  }

  /* What the server asks, as the browser wants it. */
  function question(kind, asked) {
    var made = Object.assign({}, asked.publicKey, { challenge: bytes(asked.publicKey.challenge) });
    if (kind === "create") {
      made.user = Object.assign({}, made.user, { id: bytes(made.user.id) });
      made.excludeCredentials = known(made.excludeCredentials);
    } else {
      made.allowCredentials = known(made.allowCredentials);
    }
    return { publicKey: made };
  }
  /* What the browser answers, as the server reads it. */
  function answer(credential) {
    var given = credential.response, response = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]
      .forEach(function (name) {
        if (given[name]) { response[name] = text(given[name]); }
      });
    if (given.getTransports) { response.transports = given.getTransports(); }
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment || null,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: response
    };
  }
  function options(form) {
    if (form.dataset.options) { return Promise.resolve(JSON.parse(form.dataset.options)); }
    return fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } })
      .then(function (got) {
        if (!got.ok) { throw new Error("no options"); }
        return got.json();
      });
  }
  function ask(form) {
    var kind = form.dataset.passkey;
    return options(form)
      .then(function (asked) { return navigator.credentials[kind](question(kind, asked)); })
      .then(function (credential) {
        form.elements.credential.value = JSON.stringify(answer(credential));
      })
      // Broken off: the server says so, in the reader's language.
      .catch(function () { form.elements.credential.value = "{}"; })
      .then(function () { form.submit(); });
  }

  if (!window.PublicKeyCredential || !navigator.credentials) { return; }
  doc.querySelectorAll("[data-passkey-missing]").forEach(function (one) { one.hidden = true; });
  doc.querySelectorAll("form[data-passkey]").forEach(function (form) {
    form.hidden = false;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      ask(form);
    });
  });
})();
