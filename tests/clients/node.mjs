// Drives clients in Node: commands are lines of JSON on standard input, lists of reports on standard output.

import { createInterface } from "node:readline";

const { drive } = await import(process.argv[2]);
const command = drive((reports) => console.log(JSON.stringify(reports)));
for await (const line of createInterface({ input: process.stdin })) command(JSON.parse(line));
process.exit();
