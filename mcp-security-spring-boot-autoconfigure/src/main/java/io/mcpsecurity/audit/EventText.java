package io.mcpsecurity.audit;

final class EventText {

	private EventText() {
	}

	static String of(String text, int max) {
		return text;
	}

}
