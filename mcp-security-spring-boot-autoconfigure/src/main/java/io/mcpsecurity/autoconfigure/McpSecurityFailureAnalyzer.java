package io.mcpsecurity.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says in words why an application did not start and what to do about it.
 */
class McpSecurityFailureAnalyzer extends AbstractFailureAnalyzer<InvalidMcpSecurityPropertyException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, InvalidMcpSecurityPropertyException cause) {
		return new FailureAnalysis(cause.getMessage(), cause.getAction(), cause);
	}

}
