package io.mcpsecurity.autoconfigure;

import java.util.List;

import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.UnmatchedRules;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Says at start, when it is known what the servers offer, what an operator should know
 * about the policy; and stops the start if a rule matches nothing and that was asked for.
 */
class PolicyReport implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(PolicyReport.class);

	private final RuleBook rules;

	private final McpSecurityProperties properties;

	private final ScopeCatalogue catalogue;

	PolicyReport(RuleBook rules, McpSecurityProperties properties, ScopeCatalogue catalogue) {
		this.rules = rules;
		this.properties = properties;
		this.catalogue = catalogue;
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.rules.overridden().forEach((sentence) -> logger.info("Configuration wins: " + sentence));
		reportUnmatched();
		reportDenied();
		reportUndescribed();
		if (this.properties.mode() == AccessPolicy.Mode.REPORT) {
			logger.warn("mcp.security.mode=report: calls whose scopes are missing pass");
		}
		if (this.properties.discovery() == McpSecurityProperties.Discovery.PUBLIC) {
			logger.warn("mcp.security.discovery=public: anybody may list tools, resources and prompts");
		}
		if (this.properties.allowInsecureHttp()) {
			logger.warn("mcp.security.allow-insecure-http=true: tokens and keys may travel without TLS");
		}
	}

	private void reportUnmatched() {
		List<String> unmatched = this.rules.unmatched();
		if (!unmatched.isEmpty() && this.properties.unmatchedRules() == UnmatchedRules.FAIL) {
			throw new InvalidMcpSecurityPropertyException("mcp.security.rules", unmatched,
					"matches no tool, resource or prompt of this server.",
					"Correct the names in mcp.security.rules, or set mcp.security.unmatched-rules=report.");
		}
		unmatched.forEach((rule) -> logger.warn("A rule matches nothing that is offered: " + rule));
	}

	private void reportDenied() {
		List<String> denied = this.rules.offered()
			.all()
			.stream()
			.map(this.rules::ruleFor)
			.filter((rule) -> rule.access() == Access.DENY && rule.source().equals(RuleBook.UNDECLARED))
			.map(AccessRule::target)
			.map(Object::toString)
			.sorted()
			.toList();
		if (!denied.isEmpty()) {
			logger.warn("mcp.security.undeclared=deny: without a rule and not callable are " + denied);
		}
	}

	private void reportUndescribed() {
		List<String> undescribed = this.rules.scopes()
			.stream()
			.filter((scope) -> this.catalogue.description(scope) == null)
			.toList();
		if (!undescribed.isEmpty()) {
			logger.info("Scopes without mcp.security.scopes.<scope>.description: " + undescribed);
		}
	}

}
