"use strict";

/*
 * Keeps the page up to date. Whatever an event says was chosen by strangers: it becomes
 * text, never markup.
 */
(() => {

	/** Milliseconds from an answer to the next question. */
	const PERIOD = 2000;

	/** Milliseconds to wait for an answer. */
	const PATIENCE = 10000;

	/** Rows that are kept. */
	const ROWS = 200;

	/** Rows beyond which none is added while somebody reads among them. */
	const MOST_ROWS = 1000;

	/** Bars of a plot that shows targets; all of them are in the table of numbers. */
	const BARS = 10;

	const byId = (id) => document.getElementById(id);
	const trail = byId("trail");
	const filter = byId("filter");
	const unseenEvents = byId("unseen-events");
	const style = getComputedStyle(document.documentElement);
	const darkness = matchMedia("(prefers-color-scheme: dark)");

	let latest = Number(document.body.dataset.latest);
	let paused = false;
	let afresh = false; // Whether the rows that are there do not belong to the filter.
	let unseen = 0;
	let timer;
	let question;
	let lastAnswer;
	let health;
	let activity;

	// Asking for news

	async function ask() {
		clearTimeout(timer);
		question?.abort();
		const current = new AbortController();
		question = current;
		const patience = setTimeout(() => current.abort(), PATIENCE);
		try {
			const response = await fetch(`console/news?${query(afresh ? 0 : latest)}`,
				{ redirect: "manual", cache: "no-store", signal: current.signal });
			if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
				signedOut();
				return;
			}
			if (!response.ok) {
				throw new Error(`Status ${response.status}`);
			}
			const news = await response.json();
			if (question !== current) {
				return;
			}
			if (news.latest < latest) {
				location.reload(); // The server has started anew and counts from one again.
				return;
			}
			keepPlace((reading) => show(news, reading));
			lastAnswer = new Date();
			say(paused ? "paused" : "live", paused ? "Paused" : "Live");
		}
		catch (failure) {
			if (question !== current) {
				return;
			}
			say("silent", `No answer since ${lastAnswer?.toLocaleTimeString() ?? "this page was opened"}, trying again`);
		}
		finally {
			clearTimeout(patience);
		}
		if (!paused && !document.hidden) {
			timer = setTimeout(ask, PERIOD);
		}
	}

	function query(after) {
		const parameters = new URLSearchParams(new FormData(filter));
		parameters.set("after", after);
		return parameters;
	}

	function signedOut() {
		say("signed-out", "You are signed out. ");
		const link = document.createElement("a");
		link.href = "";
		link.textContent = "Sign in";
		byId("state").append(link);
		paused = true;
		byId("pause").hidden = true;
	}

	function say(state, text) {
		const line = byId("state");
		if (line.dataset.state !== state || line.textContent !== text) {
			line.dataset.state = state;
			line.textContent = text;
		}
	}

	// Showing them

	function show(news, reading) {
		const rows = trail.tBodies.length + news.events.length;
		const held = reading && !afresh && (news.gap || rows > MOST_ROWS);
		if (held) {
			unseenEvents.textContent = "↑ Many new events";
			unseenEvents.hidden = false;
		}
		else {
			latest = news.latest;
			addEvents(news.events, afresh || news.gap);
			if (!reading) {
				forgetOldRows();
			}
			unseen = (reading && !afresh) ? unseen + news.events.length : 0;
			unseenEvents.textContent = `↑ ${unseen} new`;
			unseenEvents.hidden = unseen === 0;
			afresh = false;
		}
		byId("nothing").hidden = trail.tBodies.length > 0;
		showHealth(news.health);
		showActivity(news.activity);
	}

	function addEvents(events, instead) {
		const known = new Map(Array.from(trail.tBodies, (row) => [row.dataset.number, row]));
		const rows = events.map((event) => known.get(String(event.number)) ?? rowOf(event));
		if (instead) {
			const kept = new Set(rows);
			known.forEach((row) => kept.has(row) || row.remove());
		}
		trail.tHead.after(...rows);
	}

	function rowOf(event) {
		const row = byId("blank").content.querySelector("tbody").cloneNode(true);
		row.dataset.number = event.number;
		row.dataset.decision = event.decision;
		for (const cell of row.querySelectorAll("[data-is]")) {
			cell.textContent = event[cell.dataset.is];
		}
		row.querySelector("time").dateTime = event.instant;
		const facts = row.querySelector(".facts");
		facts.id = `facts-${event.number}`;
		row.querySelector("button").setAttribute("aria-controls", facts.id);
		facts.querySelector("dl").append(...event.facts.map((fact) => {
			const pair = document.createElement("div");
			pair.append(element("dt", fact.name), element("dd", fact.text));
			return pair;
		}));
		return row;
	}

	function element(name, text) {
		const made = document.createElement(name);
		made.textContent = text ?? "";
		return made;
	}

	function forgetOldRows() {
		Array.from(trail.tBodies).slice(ROWS).filter((row) => !isOpen(row)).forEach((row) => row.remove());
	}

	function showHealth(next) {
		if (JSON.stringify(next) === JSON.stringify(health)) {
			return;
		}
		health = next;
		byId("health-rows").replaceChildren(...next.map((one) => {
			const item = document.createElement("li");
			item.dataset.state = one.state;
			const words = element("span", one.words);
			words.className = "word";
			const detail = element("span", one.detail);
			detail.className = "quiet";
			item.append(element("strong", one.name), " ", words, " ", detail);
			return item;
		}));
	}

	// The place of the reader

	/**
	 * Change the page so that what the reader looks at stays where it is on the screen: a
	 * row that is open or has the focus, or else whatever is at the top. The page is free
	 * to move only when it stands at its very beginning, and nothing in it is open.
	 */
	function keepPlace(change) {
		const box = (element) => element.getBoundingClientRect();
		const inView = (element) => box(element).bottom > 0 && box(element).top < innerHeight;
		const atTop = (element) => box(element).bottom > 0 && box(element).top <= 0;
		const rows = Array.from(trail.tBodies);
		const anchor = rows.find((row) => row.contains(document.activeElement) && inView(row))
			?? rows.find((row) => isOpen(row) && inView(row))
			?? ((scrollY > 0) ? [...rows, ...document.querySelectorAll("main > section")].find(atTop) : undefined);
		const before = anchor?.getBoundingClientRect().top;
		change(anchor !== undefined && rows.includes(anchor));
		if (anchor?.isConnected) {
			scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
		}
	}

	function isOpen(row) {
		return !row.rows[1].hidden;
	}

	function toggle(row) {
		const facts = row.rows[1];
		facts.hidden = !facts.hidden;
		row.querySelector("button").setAttribute("aria-expanded", String(!facts.hidden));
	}

	// Plots

	function showActivity(next) {
		if (JSON.stringify(next) === JSON.stringify(activity)) {
			return;
		}
		activity = next;
		fill(byId("target-rows").tBodies[0], next.targets);
		fill(byId("minute-rows").tBodies[0], next.minutes);
		if (charts) {
			plot();
		}
	}

	function fill(body, lines) {
		body.replaceChildren(...lines.filter((line) => line.total > 0).map((line) => {
			const name = element("th", line.name);
			name.scope = "row";
			const row = document.createElement("tr");
			row.append(name, ...[...line.counts, line.total, line.meanMs, line.longestMs].map((number) => {
				const cell = element("td", number);
				cell.className = "number";
				return cell;
			}));
			return row;
		}));
	}

	function colour(name) {
		return style.getPropertyValue(`--${name}`).trim();
	}

	function chart(id, horizontal, stacked, value) {
		const names = { stacked, grid: { display: false }, ticks: { autoSkip: !horizontal } };
		const numbers = { stacked, ...value };
		return new Chart(byId(id), {
			type: "bar",
			data: { labels: [], datasets: [] },
			options: {
				animation: false,
				maintainAspectRatio: false,
				indexAxis: horizontal ? "y" : "x",
				scales: horizontal ? { x: numbers, y: names } : { x: names, y: numbers },
				plugins: { legend: { position: "bottom", labels: { boxWidth: 12, boxHeight: 12 } } }
			}
		});
	}

	function createCharts() {
		Chart.defaults.color = colour("quiet");
		Chart.defaults.borderColor = colour("line");
		return {
			minutes: chart("by-minute", false, true, { beginAtZero: true, ticks: { precision: 0 } }),
			targets: chart("by-target", true, true, { beginAtZero: true, ticks: { precision: 0 } }),
			durations: chart("durations", true, false, { type: "logarithmic" })
		};
	}

	function plot() {
		const targets = activity.targets.slice(0, BARS);
		const byDecision = (lines) => activity.decisions
			.map((decision, i) => ({
				label: decision,
				data: lines.map((line) => line.counts[i]),
				backgroundColor: colour(decision)
			}))
			.filter((decision) => decision.data.some((number) => number > 0));
		charts.minutes.data = { labels: activity.minutes.map((line) => line.name), datasets: byDecision(activity.minutes) };
		charts.targets.data = { labels: targets.map((line) => line.name), datasets: byDecision(targets) };
		charts.durations.data = {
			labels: targets.map((line) => line.name),
			datasets: [
				{ label: "mean", data: targets.map((line) => line.meanMs), backgroundColor: colour("mean") },
				{ label: "longest", data: targets.map((line) => line.longestMs), backgroundColor: colour("longest") }
			]
		};
		Object.values(charts).forEach((one) => one.update());
	}

	// What the reader does

	byId("pause").addEventListener("click", (event) => {
		paused = !paused;
		event.currentTarget.setAttribute("aria-pressed", String(paused));
		event.currentTarget.textContent = paused ? "Resume" : "Pause";
		if (paused) {
			clearTimeout(timer);
			question?.abort();
			question = undefined;
			say("paused", "Paused");
		}
		else {
			ask();
		}
	});

	trail.addEventListener("click", (event) => {
		const row = event.target.closest("tbody.event");
		const onRow = event.target.closest("button") || (event.target.closest("tr") === row?.rows[0]
			&& getSelection().isCollapsed);
		if (row && onRow) {
			toggle(row);
		}
	});

	let typing;

	filter.addEventListener("input", () => {
		clearTimeout(typing);
		typing = setTimeout(applyFilter, 250);
	});

	filter.addEventListener("submit", (event) => {
		event.preventDefault();
		applyFilter();
	});

	byId("clear").addEventListener("click", (event) => {
		event.preventDefault();
		for (const field of filter.elements) {
			field.value = "";
		}
		applyFilter();
	});

	function applyFilter() {
		clearTimeout(typing);
		const set = new URLSearchParams(Array.from(new FormData(filter)).filter(([, value]) => value !== ""));
		history.replaceState(null, "", location.pathname + (String(set) && `?${set}`));
		afresh = true;
		ask();
	}

	unseenEvents.addEventListener("click", () => {
		document.activeElement.blur();
		byId("events").scrollIntoView();
		afresh = true;
		ask();
	});

	addEventListener("scroll", () => {
		if (trail.getBoundingClientRect().top >= 0) {
			unseen = 0;
			unseenEvents.hidden = true;
		}
	}, { passive: true });

	document.addEventListener("visibilitychange", () => {
		clearTimeout(timer);
		if (!paused && !document.hidden) {
			ask();
		}
	});

	darkness.addEventListener("change", () => {
		if (charts && activity) {
			Object.values(charts).forEach((one) => one.destroy());
			charts = createCharts();
			plot();
		}
	});

	let charts = (typeof Chart === "undefined") ? undefined : createCharts();
	if (!charts) {
		byId("plots").hidden = true;
		byId("numbers").open = true;
	}
	ask();

})();
