let tell = null; // asks for the page; of the component that was shown last
let watched = null;
let connected = true;

function look() {
  const now = watched.dataset.testConnectionState === "CONNECTED";
  if (now && !connected) tell();
  connected = now;
}

export default function ({ setTriggerValue }) {
  tell = () => setTriggerValue("back", Date.now());
  const app = document.querySelector("[data-testid=stApp]");
  if (!app || app === watched) return;
  watched = app;
  new MutationObserver(look).observe(app, { attributeFilter: ["data-test-connection-state"] });
}
