// Requests as bench_load wants them: for each its length in bytes, a line feed, and the bytes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export function basic(id, secret) {
	return `Authorization: Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}\r\n`;
}

export function get(host, path, header = "Accept: application/json\r\n") {
	return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${header}\r\n`;
}

export function form(host, path, header, fields) {
	const body = new URLSearchParams(fields).toString();
	return `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\n${header}` +
		`Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

export function write(folder, name, requests) {
	writeFileSync(join(folder, name), requests.map((r) => `${Buffer.byteLength(r)}\n${r}`).join(""), { mode: 0o600 });
}

// For what may be used once: NAME.1, NAME.2 and so on, a file for each round.
export function writeRounds(folder, name, rounds, requests) {
	const each = Math.floor(requests.length / rounds);
	for (let round = 0; round < rounds; round++)
		write(folder, `${name}.${round + 1}`, requests.slice(round * each, (round + 1) * each));
}
