// Reads a list of diagrams as JSON from stdin, and prints what Mermaid's own parser finds in each as JSON:
// the rows of every box's label and of every subgraph's title, and how many lines there are between boxes.

import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");

// Mermaid keeps `#34;` in this form until it draws.
const plain = (text) => text.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(code));
const rows = (label) => label.split(/<br ?\/?>/).map(plain);

async function labels(diagram) {
  await mermaid.parse(diagram);
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(diagram);
  return {
    boxes: Object.fromEntries([...db.getVertices()].map(([id, box]) => [id, rows(box.text ?? id)])),
    subgraphs: Object.fromEntries(db.getSubGraphs().map(({ id, title }) => [id, rows(title)])),
    edges: db.getEdges().map(({ start, end }) => [start, end]),
  };
}

const diagrams = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(await Promise.all(diagrams.map(labels))));
