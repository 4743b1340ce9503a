const table = document.getElementById("rows");
const body = table.tBodies[0];

/* By a column, numbers as numbers; the same again turns the order around. */
function sortBy(heading) {
    const column = heading.cellIndex;
    const down = heading.getAttribute("aria-sort") === "ascending";
    const text = (row) => row.cells[column].textContent;
    const rows = [...body.rows].sort((a, b) =>
        text(a).localeCompare(text(b), "en", {numeric: true}) * (down ? -1 : 1));
    for (const other of table.tHead.rows[0].cells)
        other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
}

for (const heading of table.tHead.rows[0].cells)
    heading.querySelector("button").addEventListener("click", () => sortBy(heading));

document.getElementById("filter").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const row of body.rows)
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
});

/* A link to a cause shows its counterexample. */
function openTarget() {
    const details = document.querySelector(".cause:target details");
    if (details)
        details.open = true;
}
addEventListener("hashchange", openTarget);
openTarget();
