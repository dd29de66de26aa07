package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.function.Function;

import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.mcpsecurity.ratelimit.LimitRule;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Logs findings about the policy at start, after the targets of all servers are known.
 * Rules without effect stop the start if {@code mcp-security.policy.unmatched-rules} is
 * {@code fail}.
 */
class PolicyReport implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(PolicyReport.class);

	private final List<AccessPolicy> policies;

	private final McpSecurityProperties properties;

	private final ScopeCatalogue catalogue;

	private final List<LimitRule> limits;

	PolicyReport(AccessPolicies policies, McpSecurityProperties properties, ScopeCatalogue catalogue,
			List<LimitRule> limits) {
		this.policies = policies.all();
		this.properties = properties;
		this.catalogue = catalogue;
		this.limits = limits;
	}

	@Override
	public void afterSingletonsInstantiated() {
		distinct(RuleBook::overridden).forEach((sentence) -> logger.info("Configuration wins: " + sentence));
		reportUseless(distinct(RuleBook::unmatched), "matches nothing that is offered");
		reportUseless(distinct(this::unmatchedLimits), "matches nothing that is offered");
		List<String> unoffered = distinct(RuleBook::unoffered);
		if (!unoffered.isEmpty()) {
			logger.warn("No MCP server offers what has scopes or requires an authentication: " + unoffered);
		}
		reportUseless(distinct(RuleBook::shadowed), "never applies, because an earlier one matches the same");
		reportDenied();
		List<String> notPublic = distinct(RuleBook::notPublic);
		if (!notPublic.isEmpty()) {
			logger.warn("Not public, because an authentication is required, are " + notPublic);
		}
		reportUndescribed();
		reportUnused();
		reportShared();
		if (this.properties.policy().enforcement() == AccessPolicy.Mode.REPORT) {
			logger.warn(
					"mcp-security.policy.enforcement=report: calls whose scopes are missing or whose authentication is insufficient pass");
		}
		if (this.properties.policy().anonymousDiscovery()) {
			logger.warn(
					"mcp-security.policy.anonymous-discovery=true: tools, resources and prompts are listed without a token");
		}
		if (this.properties.allowInsecureHttp()) {
			logger.warn("mcp-security.allow-insecure-http=true: tokens and keys can be sent without TLS");
		}
	}

	private void reportUseless(List<String> rules, String reason) {
		if (!rules.isEmpty()
				&& this.properties.policy().unmatchedRules() == McpSecurityProperties.Policy.UnmatchedRules.FAIL) {
			throw CheckedProperties.invalid(PolicyProperties.RULES, rules,
					"A rule " + reason + ". Correct the rule, or set mcp-security.policy.unmatched-rules=report.");
		}
		rules.forEach((rule) -> logger.warn("A rule " + reason + ": " + rule));
	}

	private List<String> unmatchedLimits(RuleBook ruleBook) {
		return this.limits.stream()
			.flatMap((limit) -> limit.tools()
				.stream()
				.map((tool) -> new TargetPattern(Kind.TOOL, tool))
				.filter((pattern) -> ruleBook.offered().all().stream().noneMatch(pattern.compile()))
				.map((pattern) -> "mcp-security.rate-limit.rules, limit '" + limit.name() + "': '" + pattern.text()
						+ "'" + ruleBook.similar(pattern)))
			.toList();
	}

	private void reportDenied() {
		List<String> denied = distinct((ruleBook) -> ruleBook.offered()
			.all()
			.stream()
			.map(ruleBook::ruleFor)
			.filter((rule) -> rule.access() == Access.DENY && rule.source().equals(RuleBook.UNDECLARED))
			.map((rule) -> rule.target().toString())
			.sorted()
			.toList());
		if (!denied.isEmpty()) {
			logger.warn("mcp-security.policy.default-access=deny: without a rule and not callable are " + denied);
		}
	}

	private void reportUndescribed() {
		List<String> undescribed = scopes().stream()
			.filter((scope) -> this.catalogue.description(scope) == null)
			.toList();
		if (!undescribed.isEmpty()) {
			logger.info("Scopes without mcp-security.scopes[].description: " + undescribed);
		}
	}

	private void reportUnused() {
		List<String> scopes = scopes();
		List<String> unused = this.catalogue.entries()
			.keySet()
			.stream()
			.filter((scope) -> !scopes.contains(scope))
			.sorted()
			.toList();
		if (!unused.isEmpty()) {
			logger.warn("mcp-security.scopes describes scopes that no rule names: " + unused);
		}
	}

	private void reportShared() {
		List<String> shared = distinct(
				(ruleBook) -> ruleBook.offered().shared().stream().map(McpTarget::toString).sorted().toList());
		if (!shared.isEmpty()) {
			logger.warn("Several MCP servers of this application offer " + shared
					+ ": the rules of one endpoint do not hold at another one");
		}
	}

	private List<String> distinct(Function<RuleBook, List<String>> sentences) {
		return this.policies.stream()
			.map(AccessPolicy::ruleBook)
			.map(sentences)
			.flatMap(List::stream)
			.distinct()
			.toList();
	}

	private List<String> scopes() {
		return this.policies.stream().map(AccessPolicy::scopes).flatMap(List::stream).distinct().toList();
	}

}
