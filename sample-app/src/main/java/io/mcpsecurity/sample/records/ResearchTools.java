package io.mcpsecurity.sample.records;

import java.time.Clock;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

import io.mcpsecurity.McpActor;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.RequiresScope;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpTool.McpAnnotations;
import org.springframework.ai.mcp.annotation.McpToolParam;
import org.springframework.stereotype.Component;

/**
 * The operations on the records that agents may use. The required scopes are declared on
 * the methods, so the methods contain no checks.
 */
@Component
class ResearchTools {

	private final RecordStore records;

	private final JsonMapper json;

	ResearchTools(RecordStore records, JsonMapper json) {
		this.records = records;
		this.json = json;
	}

	@McpTool(name = "server_time", description = "Tells the time of the server",
			annotations = @McpAnnotations(readOnlyHint = true, destructiveHint = false))
	String serverTime() {
		return Clock.systemUTC().instant().toString();
	}

	@McpTool(name = "who_am_i", description = "Tells who is calling: subject, client, actor chain and scopes",
			annotations = @McpAnnotations(readOnlyHint = true, destructiveHint = false))
	String whoAmI(McpCaller caller) {
		Map<String, @Nullable Object> result = new LinkedHashMap<>();
		result.put("subject", caller.subject());
		result.put("issuer", caller.issuer());
		result.put("client", caller.client());
		result.put("actors", caller.actors().stream().map(McpActor::subject).toList());
		result.put("scopes", new TreeSet<>(caller.scopes()));
		return this.json.writeValueAsString(result);
	}

	@McpTool(name = "browse_records", description = "Lists research records",
			annotations = @McpAnnotations(readOnlyHint = true, destructiveHint = false))
	@RequiresScope("research:browse")
	String browse(@McpToolParam(description = "Words of the title; all records without it",
			required = false) @Nullable String query) {
		return this.json.writeValueAsString(this.records.find((query != null) ? query : ""));
	}

	@McpTool(name = "export_records", description = "Returns all research records as CSV or JSON",
			annotations = @McpAnnotations(readOnlyHint = true, destructiveHint = false))
	@RequiresScope("research:export")
	String export(@McpToolParam(description = "csv or json") String format) {
		List<ResearchRecord> all = this.records.find("");
		return switch (format) {
			case "csv" ->
				all.stream().map(ResearchTools::csv).collect(Collectors.joining("", "id,title,created\n", ""));
			case "json" -> this.json.writeValueAsString(all);
			default -> throw new IllegalArgumentException("format must be csv or json");
		};
	}

	@McpTool(name = "purge_records", description = "Deletes research records")
	@RequiresScope("research:purge")
	String purge(@McpToolParam(description = "Only those made before this date (2024-12-31); all without it",
			required = false) @Nullable String before) {
		return "Records deleted: " + this.records.purge(date(before));
	}

	@McpResource(uri = "research://records/{id}", name = "record", description = "One research record",
			mimeType = "application/json")
	@RequiresScope("research:browse")
	String record(String id) {
		return this.records.find("")
			.stream()
			.filter((record) -> String.valueOf(record.id()).equals(id))
			.findFirst()
			.map(this.json::writeValueAsString)
			.orElseThrow(() -> new IllegalArgumentException("There is no such record"));
	}

	@McpPrompt(name = "summarize_records", description = "Asks for a summary of the research records")
	@RequiresScope("research:browse")
	String summarize() {
		return "List the research records with browse_records and summarize them in three sentences.";
	}

	private static LocalDate date(@Nullable String text) {
		try {
			return (text != null) ? LocalDate.parse(text) : LocalDate.MAX;
		}
		catch (DateTimeParseException ex) {
			throw new IllegalArgumentException("before must be a date like 2024-12-31", ex);
		}
	}

	private static String csv(ResearchRecord record) {
		return record.id() + ",\"" + record.title().replace("\"", "\"\"") + "\"," + record.created() + "\n";
	}

}
