// Tells what of the picture below `selector` the browser has drawn where.
function probe(selector) {
  const root = document.querySelector(selector);
  const area = (element) => {
    const { x, y, width, height } = element.getBBox();
    return { x, y, width, height };
  };
  const nodes = [...root.querySelectorAll("g.node")].map((node) => {
    const link = node.parentNode.getAttribute("href");
    return {
      name: node.dataset.name ?? node.querySelector("text").textContent,
      link: link ?? "",
      link_leads_to: (link && document.getElementById(link.slice(1))?.textContent) ?? "",
      area: area(node.querySelector("rect")),
      texts: [...node.querySelectorAll("text")].map(area),
    };
  });
  const groups = [...root.querySelectorAll("g.group")].map((group) => ({
    name: group.dataset.name ?? group.querySelector("text").textContent,
    area: area(group.querySelector("rect")),
    label: area(group.querySelector("text")),
  }));
  const points = [...root.querySelectorAll("path.edges")].flatMap((path) => {
    const length = path.getTotalLength();
    return Array.from({ length: Math.ceil(length) }, (_, at) => {
      const { x, y } = path.getPointAtLength(at);
      return { x, y };
    });
  });
  const rows = [...root.querySelectorAll("g.row")].map((row) => ({
    bars: [...row.querySelectorAll("rect.bar")].map(area),
    texts: [...row.querySelectorAll("text")].map(area),
  }));
  const { width, height } = root.querySelector("svg").viewBox.baseVal;
  return { nodes, groups, points, rows, width, height };
}
