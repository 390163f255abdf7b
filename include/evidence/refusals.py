"""Every reason why evidence is refused: one code, its English and its Korean text. Codes are stable; add, don't rename.

`refuse` is the only place that makes a VerificationError here, so that no refusal lacks its texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from include.errors import VerificationError

REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    # JSON, any document
    "too-large": ("the document is larger than allowed", "문서가 허용 크기를 넘습니다"),
    "not-utf8": ("the bytes are not UTF-8", "UTF-8이 아닌 바이트가 있습니다"),
    "byte-order-mark": ("the document starts with a byte order mark", "문서가 바이트 순서 표식(BOM)으로 시작합니다"),
    "not-json": ("the bytes are not one JSON value", "JSON 값 하나로 읽히지 않습니다"),
    "trailing-bytes": ("something follows the JSON value", "JSON 값 뒤에 다른 내용이 있습니다"),
    "duplicate-key": ("a key stands twice in one JSON object", "한 JSON 객체에 같은 키가 두 번 있습니다"),
    "not-a-number": ("NaN or Infinity is not JSON", "NaN이나 Infinity는 JSON이 아닙니다"),
    "float-number": ("numbers with a fraction must be decimal strings", "소수는 십진 문자열이어야 합니다"),
    "integer-range": ("an integer is not below 2^53", "정수가 2^53보다 작지 않습니다"),
    "lone-surrogate": ("a string holds half of a surrogate pair", "문자열에 짝 없는 서로게이트가 있습니다"),
    "too-deep": ("the JSON is nested too deeply", "JSON이 너무 깊이 중첩되었습니다"),
    "not-canonical": ("the bytes are not the RFC 8785 form of what they say", "RFC 8785 정규형 바이트가 아닙니다"),
    # manifest
    "manifest-line": ("a line of the manifest is not {path, sha256, size}", "명세의 한 줄이 {path, sha256, size}가 아닙니다"),
    "manifest-order": ("the manifest's lines are not in order of their paths' UTF-8 bytes", "명세의 줄이 경로의 UTF-8 바이트 순서가 아닙니다"),
    "manifest-duplicate": ("a path stands twice in the manifest", "명세에 같은 경로가 두 번 있습니다"),
    "manifest-path": ("a path leaves the delivery or cannot be a file's name", "경로가 납품 폴더를 벗어나거나 파일 이름이 될 수 없습니다"),
    # envelope
    "envelope-shape": ("the envelope is not {payload, payloadType, signatures}", "봉투가 {payload, payloadType, signatures} 꼴이 아닙니다"),
    "payload-type": ("the envelope's payloadType is not the expected one", "봉투의 payloadType이 기대한 값이 아닙니다"),
    "no-signature": ("the envelope has no signature", "봉투에 서명이 없습니다"),
    "too-many-signatures": ("the envelope has more than 16 signatures", "봉투의 서명이 16개를 넘습니다"),
    "signature-shape": ("a signature is not {keyid, sig}", "서명이 {keyid, sig} 꼴이 아닙니다"),
    "bad-base64": ("a field is not strict base64", "엄격한 base64가 아닌 값이 있습니다"),
    "empty-signature": ("a signature is empty", "빈 서명이 있습니다"),
    "signature-length": ("a signature is longer than any of ours", "서명이 지나치게 깁니다"),
    "empty-payload": ("the payload is empty", "내용이 비어 있습니다"),
    # keyring
    "keyring-shape": ("the keyring is not of its schema", "키링이 정해진 꼴이 아닙니다"),
    "keyring-duplicate": ("a key stands twice in the keyring", "키링에 같은 키가 두 번 있습니다"),
    "keyring-keyid": ("a keyid is not the sha256 of its key", "keyid가 그 키의 sha256이 아닙니다"),
    "keyring-key": ("a key cannot be read, or is not of its algorithm", "키를 읽을 수 없거나 적힌 알고리즘의 키가 아닙니다"),
    "keyring-encoding": ("the signature encoding does not fit the algorithm", "서명 인코딩이 알고리즘과 맞지 않습니다"),
    "keyring-validity": ("a key's validity is not a span of time", "키의 유효기간이 올바르지 않습니다"),
    "keyring-threshold": ("a role has fewer persons than its threshold", "역할의 사람 수가 정족수보다 적습니다"),
    "keyring-root": ("the keyring is not signed by its root role's threshold", "키링에 루트 역할의 정족수 서명이 없습니다"),
    "keyring-version": ("the new keyring is not the next version of the old one", "새 키링이 바로 다음 버전이 아닙니다"),
    "keyring-forked": ("another keyring of the same version than the trusted one", "신뢰한 키링과 판 번호가 같은 다른 키링입니다"),
    "low-order-key": ("an Ed25519 key is of low order: anybody can forge for it", "위수가 작은 Ed25519 키입니다: 누구나 위조할 수 있습니다"),
    # signatures, roles, time
    "signature-invalid": ("no signature verifies with any key of the keyring", "키링의 어떤 키로도 서명이 확인되지 않습니다"),
    "wrong-role": ("the keys that signed do not bear the role that must sign", "서명한 키가 서명할 역할의 키가 아닙니다"),
    "threshold": ("fewer persons signed than the role demands", "역할이 요구하는 수의 사람이 서명하지 않았습니다"),
    "key-revoked": ("the key that signed is revoked", "서명한 키가 폐기되었습니다"),
    "key-expired": ("the key that signed was no longer valid", "서명한 키의 유효기간이 지났습니다"),
    "key-not-yet-valid": ("the key that signed was not yet valid", "서명한 키의 유효기간이 아직 시작되지 않았습니다"),
    # statement
    "statement-shape": ("the statement is not of its schema", "진술서가 정해진 꼴이 아닙니다"),
    "statement-type": ("the statement's type is unknown", "알 수 없는 종류의 진술서입니다"),
    "wrong-document": ("this role may not sign a document of this type", "이 역할이 서명할 수 없는 종류의 문서입니다"),
    "statement-contradiction": ("the statement contradicts itself", "진술서의 내용이 서로 어긋납니다"),
    "wrong-verifier": ("the decision names another verifier than its key", "결정의 검증자가 키의 검증자와 다릅니다"),
    # what the statement is about
    "delivery-differs": ("the delivery is not what the statement is about", "납품물이 진술서가 가리키는 것과 다릅니다"),
    "delivery-unreadable": ("the delivery cannot be read as plain files", "납품 폴더를 일반 파일로 읽을 수 없습니다"),
    "report-differs": ("report.json is not the one that was signed", "report.json이 서명된 것과 다릅니다"),
    "not-a-report": ("only a quality report names a report.json", "품질보고서 진술서만 report.json을 가리킵니다"),
    # log
    "note-shape": ("this is not a signed note", "서명된 노트(note) 형식이 아닙니다"),
    "note-signature": ("a signature of a known key on the note does not verify", "알려진 키의 노트 서명이 확인되지 않습니다"),
    "checkpoint-shape": ("this is not a checkpoint of a log", "로그 체크포인트 형식이 아닙니다"),
    "checkpoint-origin": ("the checkpoint is of another log", "다른 로그의 체크포인트입니다"),
    "checkpoint-unsigned": ("no log key of the keyring signed the checkpoint", "키링의 로그 키가 서명하지 않은 체크포인트입니다"),
    "proof-shape": ("this is not a .tlog-proof file of ours", "우리의 .tlog-proof 형식이 아닙니다"),
    "proof-inclusion": ("the proof does not lead from the entry to the checkpoint", "증명이 기록에서 체크포인트로 이어지지 않습니다"),
    "proof-consistency": ("the newer log does not begin as the older one", "새 로그가 이전 로그를 그대로 이어받지 않았습니다"),
    "entry-shape": ("this is not an entry of the log", "로그 기록의 형식이 아닙니다"),
    "entry-differs": ("the log's entry is about another document", "로그 기록이 다른 문서에 대한 것입니다"),
    "tile-shape": ("a tile or bundle of the log is not whole", "로그의 타일이나 기록 묶음이 온전하지 않습니다"),
    "log-differs": ("the log's objects do not agree with each other", "로그의 객체들이 서로 맞지 않습니다"),
    "log-rolled-back": ("the log is shorter than it was", "로그가 전보다 짧아졌습니다"),
    "log-forked": ("the log has two histories", "로그의 기록이 두 갈래입니다"),
    "signer-refused": ("the signer does not reach this statement again from what is stored", "서명기가 저장된 자료에서 같은 진술서를 다시 얻지 못했습니다"),
    "not-logged": ("the document is not in the log", "로그에 기록되지 않은 문서입니다"),
    # evidence pack
    "pack-form": ("the archive is not in the one form of an evidence pack", "압축 파일이 증거 묶음의 정해진 꼴이 아닙니다"),
    "pack-compressed": ("an entry of the pack is compressed", "증거 묶음에 압축된 항목이 있습니다"),
    "pack-entry-kind": ("an entry of the pack is not a plain file", "증거 묶음에 일반 파일이 아닌 항목이 있습니다"),
    "pack-path": ("a path in the pack is not a plain relative path", "증거 묶음의 경로가 평범한 상대 경로가 아닙니다"),
    "pack-duplicate": ("two entries of the pack have one name", "증거 묶음에 같은 이름의 항목이 둘 있습니다"),
    "pack-too-large": ("the pack is larger than a zip without extensions can be", "증거 묶음이 허용 크기를 넘습니다"),
    "pack-index": ("index.json is not of its schema", "index.json이 정해진 꼴이 아닙니다"),
    "pack-file-missing": ("a file that the index or a document names is not in the pack", "목록이나 문서가 가리키는 파일이 증거 묶음에 없습니다"),
    "pack-file-unlisted": ("the pack holds a file that its index does not list", "목록에 없는 파일이 증거 묶음에 있습니다"),
    "pack-file-differs": ("a file is not what the index says", "파일 내용이 목록과 다릅니다"),
    "pack-place": ("a file does not lie where a file of its kind and attempt does", "파일이 그 종류와 시도의 자리에 있지 않습니다"),
    "pack-keyring": ("the pack's newest keyring is not the one it names", "증거 묶음의 최신 키링이 목록과 다릅니다"),
    "pack-derived-differs": ("a key file of the pack is not what its keyring says", "증거 묶음의 키 파일이 키링과 다릅니다"),
    "pack-attempt-missing": ("attempts of a delivery are missing in between", "납품의 시도 번호가 이어지지 않습니다"),
    "pack-incomplete": ("a document is there without the one before it", "앞 문서 없이 뒤 문서만 있습니다"),
    "pack-another-delivery": ("a document is about another voucher, delivery or attempt", "다른 바우처·납품·시도의 문서가 있습니다"),
    "pack-chain": ("a document does not follow from the one before it", "문서가 앞 문서와 이어지지 않습니다"),
    "pack-attachment": ("an attachment is not the one that the documents name", "첨부 파일이 문서가 가리키는 것과 다릅니다"),
    "pack-findings-missing": ("findings are gone that no signed statement says were destroyed", "파기되었다는 서명된 진술서 없이 부적합 목록이 없습니다"),
    "pack-clock": ("the documents' times are out of order", "문서의 시각이 순서에 맞지 않습니다"),
    "pack-decision": ("a RELEASE does not rest on a PASS in the pack", "지급가능 결정의 근거인 적합 보고서가 없습니다"),
    "pack-unsuitable": ("no attempt of the pack is about this delivery", "이 납품에 대한 시도가 증거 묶음에 없습니다"),
    # the checks run again
    "rerun-differs": ("the checks, run again, do not give the signed report.json", "다시 점검한 결과가 서명된 report.json과 다릅니다"),
    "rerun-other-code": ("the report was made by another version of the checks than this one", "보고서를 만든 점검 코드가 이 코드와 다릅니다"),
    "rerun-impossible": ("the checks could not be run again", "다시 점검할 수 없습니다"),
    "verifier-failure": ("the verifier itself failed; nothing is proven", "검증기 자체가 실패했습니다: 아무것도 증명되지 않았습니다"),
}  # fmt: skip


def refuse(code: str, detail: str = "") -> VerificationError:
    """The error of `code`, with `detail` (a place, a type; never a value of the data) added to both texts."""
    english, korean = REFUSALS[code]
    more = f" ({detail})" if detail else ""
    return VerificationError(code, english + more, ko=korean + more)
