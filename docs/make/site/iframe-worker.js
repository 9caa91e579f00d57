// Search from a disk: browsers start no worker there, so what it would run runs in a hidden frame. The theme's
// search knows this by its name, and waits for importScripts.
(() => {
  "use strict";
  if (location.protocol !== "file:") return;
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      this.onmessage = null;
      const frame = this.frame = document.createElement("iframe");
      Object.assign(frame, { hidden: true, title: "search", srcdoc: "<!doctype html><title>search</title><body></body>" });
      const run = (src) => new Promise((done, failed) => {
        const script = frame.contentDocument.createElement("script");
        Object.assign(script, { src: new URL(src, document.baseURI).href, onload: done, onerror: failed });
        frame.contentDocument.body.append(script);
      });
      this.ready = new Promise((done) => { frame.onload = done; }).then(() => {
        Object.assign(frame.contentWindow, {
          importScripts: (...all) => all.reduce((before, one) => before.then(() => run(one)), Promise.resolve()),
          postMessage: (data) => {
            const told = new MessageEvent("message", { data });
            this.dispatchEvent(told);
            this.onmessage?.(told);
          },
        });
        return run(url);
      });
      document.body.append(frame);
    }

    postMessage(data) {
      const { frame } = this;
      this.ready.then(() => frame.contentWindow.dispatchEvent(new frame.contentWindow.MessageEvent("message", { data })));
    }

    terminate() { this.frame.remove(); }
  };
  window.Worker = window.IFrameWorker;
})();
