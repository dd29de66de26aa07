package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.handler.DeclarationException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.util.StringUtils;

/** Reports the declaration that stopped the start, and what to do about it. */
class DeclarationFailureAnalyzer extends AbstractFailureAnalyzer<DeclarationException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, DeclarationException cause) {
		return new FailureAnalysis(cause.getMessage(), StringUtils.capitalize(cause.getAction()) + ".", cause);
	}

}
