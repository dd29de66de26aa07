package io.mcpsecurity.test;

import java.time.Clock;
import java.util.List;

import io.mcpsecurity.audit.ArgumentSummaries;
import io.mcpsecurity.audit.AuditEvents;
import io.mcpsecurity.audit.RequestObserver;
import io.mcpsecurity.audit.RequestRecorder;
import io.mcpsecurity.audit.SensitiveNames;
import io.mcpsecurity.audit.SensitiveParts;

/**
 * Recorders for tests that need no audit trail.
 */
public final class RequestRecorders {

	private RequestRecorders() {
	}

	public static RequestRecorder withoutTrail(RequestObserver... observers) {
		return new RequestRecorder(
				null, new AuditEvents(new ArgumentSummaries(ArgumentSummaries.Mode.NONE, null,
						new SensitiveNames(List.of()), (target) -> SensitiveParts.NONE)),
				List.of(observers), Clock.systemUTC());
	}

}
