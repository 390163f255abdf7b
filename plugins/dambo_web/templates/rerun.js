// Sends the filled-in form to Airflow's own public API: Airflow decides whether this user may start a run.
const form = document.getElementById("rerun");
const output = form.querySelector("output");
const button = form.querySelector("button");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  output.className = "";
  output.textContent = "…";
  const conf = Object.fromEntries(new FormData(form));
  try {
    const answer = await fetch(form.dataset.api, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ logical_date: null, conf }),
    });
    const body = await answer.json();
    if (answer.ok) {
      output.textContent = `${form.dataset.started} ${body.dag_run_id}`;
      return;
    }
    const detail = typeof body.detail === "string" ? body.detail : JSON.stringify(body.detail);
    output.className = "refused";
    output.textContent = `${form.dataset.refused} ${answer.status} ${detail}`;
  } catch (error) {
    output.className = "refused";
    output.textContent = `${form.dataset.refused} ${error}`;
  }
  button.disabled = false;
});
