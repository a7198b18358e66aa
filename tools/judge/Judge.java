import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.context.support.ValidationSupportContext;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.StructureDefinition;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * The HL7 reference validator over files. Argument: a folder of definitions. Standard input names a file a line; each is
 * answered on standard output by a line of JSON: its errors. First come definitions without a snapshot, a line each.
 */
public final class Judge {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    FhirContext context = FhirContext.forR4();
    PrePopulatedValidationSupport own = new PrePopulatedValidationSupport(context);
    List<StructureDefinition> profiles = load(context, own, Path.of(args[0]));
    IValidationSupport chain = chain(context, own);
    for (StructureDefinition profile : profiles) snapshotFault(chain, profile, out);
    FhirInstanceValidator module = new FhirInstanceValidator(chain);
    module.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
    module.setAnyExtensionsAllowed(true);
    module.setErrorForUnknownProfiles(false);
    FhirValidator validator = context.newValidator().registerValidatorModule(module);
    try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      List<String> files = in.lines().toList();
      files.parallelStream().forEach(file -> out.println(judge(validator, file)));
    }
  }

  private static IValidationSupport chain(FhirContext context, PrePopulatedValidationSupport own) {
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
    return new ValidationSupportChain(
        own,
        new DefaultProfileValidationSupport(context),
        new CommonCodeSystemsTerminologyService(context),
        new InMemoryTerminologyServerValidationSupport(context),
        new SnapshotGeneratingValidationSupport(context),
        unknown);
  }

  private static List<StructureDefinition> load(FhirContext context, PrePopulatedValidationSupport own, Path folder)
      throws IOException {
    List<StructureDefinition> profiles = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        IBaseResource resource = context.newJsonParser().parseResource(Files.readString(file));
        own.addResource(resource);
        if (resource instanceof StructureDefinition profile) profiles.add(profile);
      }
    }
    return profiles;
  }

  private static void snapshotFault(IValidationSupport chain, StructureDefinition profile, PrintStream out) {
    if (profile.hasSnapshot()) return;
    String fault = null;
    try {
      IBaseResource made =
          chain.generateSnapshot(
              new ValidationSupportContext(chain), profile.copy(), profile.getUrl(), null, profile.getName());
      if (!(made instanceof StructureDefinition done) || !done.hasSnapshot()) fault = "no snapshot";
    } catch (RuntimeException failure) {
      fault = String.valueOf(failure.getMessage());
    }
    if (fault == null) return;
    ObjectNode line = JSON.createObjectNode().put("definition", profile.getUrl());
    line.putArray("errors").addObject().put("at", "snapshot").put("message", fault);
    out.println(line);
  }

  private static String judge(FhirValidator validator, String file) {
    ObjectNode line = JSON.createObjectNode().put("file", file);
    ArrayNode errors = line.putArray("errors");
    try {
      for (SingleValidationMessage message :
          validator.validateWithResult(Files.readString(Path.of(file))).getMessages()) {
        if (message.getSeverity().ordinal() < ResultSeverityEnum.ERROR.ordinal()) continue;
        errors
            .addObject()
            .put("at", message.getLocationString())
            .put("id", message.getMessageId())
            .put("message", message.getMessage());
      }
    } catch (IOException | RuntimeException failure) {
      errors.addObject().put("at", "").put("id", "crash").put("message", String.valueOf(failure));
    }
    return line.toString();
  }

  private Judge() {}
}
