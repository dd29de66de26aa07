// Programs that sign in by themselves: they print the address where the user is to go, and wait for the browser to come back
// to an address of their own.
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signIn } from './browser.mjs';

// Somewhere for what a program keeps, such as its tokens.
export const home = mkdtempSync(join(tmpdir(), 'interop-'));

export const environment = { PATH: process.env.PATH, HOME: home, MCP_REMOTE_CONFIG_DIR: home, BROWSER: 'none', MCP_AUTO_OPEN_ENABLED: 'true',
	npm_config_offline: 'true' };

export const packages = new URL('../../../node_modules/', import.meta.url).pathname;

// Takes the user to the first authorization request in a stream of text, and the browser back to the program.
export function signInWhenAsked(stream, user) {
	let text = '', asked = false;
	stream.setEncoding('utf8').on('data', async (part) => {
		text += part;
		const [address] = text.match(/http\S*\/oauth2\/authorize\?\S*(?=\s)/) ?? [];
		if (address && !asked) {
			asked = true;
			await fetch(await signIn(address, user));
		}
	});
	return () => text;
}

// Runs a program of a package to its end: its output, parsed as JSON.
export async function run(program, args, user) {
	const child = spawn(process.execPath, [packages + program, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
	const errors = signInWhenAsked(child.stderr, user);
	let output = '';
	child.stdout.setEncoding('utf8').on('data', (part) => { output += part; });
	const code = await new Promise((resolve) => child.on('close', resolve));
	if (code !== 0) {
		throw new Error(`${program} ended with ${code}: ${output}\n${errors()}`);
	}
	return JSON.parse(output);
}
