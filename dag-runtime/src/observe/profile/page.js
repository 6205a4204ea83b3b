// A click on the head of a column sorts its table: the largest first, then the smallest.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const falls = head.getAttribute("aria-sort") !== "descending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.by;
      const compare = (one, other) =>
        key(one) === undefined
          ? one.cells[column].textContent.localeCompare(other.cells[column].textContent)
          : key(other) - key(one);
      const rows = [...table.tBodies[0].rows].sort((one, other) => (falls ? 1 : -1) * compare(one, other));
      table.tBodies[0].append(...rows);
    });
  });
}
