// A user with a browser: follows redirects, keeps cookies, signs in at the sample and consents to all that is offered.

const decode = (text) => text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');

class Browser {

	cookies = new Map();

	// Ends at a page, or where the server redirects to the client, whose address is returned.
	async open(url, options) {
		const response = await fetch(url, { ...options, redirect: 'manual', headers: {
			...options?.headers, Accept: 'text/html',
			Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
		} });
		for (const cookie of response.headers.getSetCookie()) {
			const [, name, value] = cookie.match(/^([^=]*)=([^;]*)/);
			this.cookies.set(name, value);
		}
		const location = response.headers.get('location');
		if (!location) {
			return { url: new URL(url), status: response.status, html: await response.text() };
		}
		const next = new URL(location, url);
		return (next.origin === new URL(url).origin) ? this.open(next) : { client: next };
	}

	form(page, id) {
		const [form, content] = page.html.match(new RegExp(`<form[^>]*id="${id}"[^>]*>([\\s\\S]*?)</form>`)) ?? [];
		return form && {
			action: new URL(decode(form.match(/action="([^"]*)"/)[1]), page.url),
			fields: [...content.matchAll(/<input[^>]*>/g)]
				.map(([input]) => ['name', 'value'].map((key) => decode(input.match(new RegExp(`${key}="([^"]*)"`))?.[1] ?? '')))
				.filter(([name]) => name),
		};
	}

	submit({ action, fields }) {
		return this.open(action, { method: 'POST', body: new URLSearchParams(fields) });
	}

}

// The address of the client, with the response of the authorization server in its query.
export async function signIn(authorizationUrl, user) {
	const browser = new Browser();
	let page = await browser.open(authorizationUrl);
	const login = !page.client && browser.form(page, 'login');
	if (login) {
		page = await browser.submit({ ...login,
			fields: login.fields.map(([name, value]) => [name, ['username', 'password'].includes(name) ? user : value]) });
	}
	const consent = !page.client && (browser.form(page, 'allow') ?? browser.form(page, 'deny'));
	if (consent) {
		page = await browser.submit(consent);
	}
	if (!page.client) {
		throw new Error(`No way to the client from ${page.url}: ${page.status}\n${page.html}`);
	}
	return page.client;
}
